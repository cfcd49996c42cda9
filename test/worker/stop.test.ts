import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { wakeReceiver } from '../../src/webhook/wake-receiver.ts';
import { TestService } from '../api/harness.ts';
import { answer, Hook } from '../support/hook.ts';
import { checkInvariants } from '../support/invariants.ts';
import { deliveriesIn, dispatchAll, makeAlerts, makeReceiver, outcomesOf } from '../support/receivers.ts';

/** Attempts under way at once for one receiver. */
const AT_ONCE = 32;

/** Whoever has not answered in this time is cut off. */
const SHORT_GRACE = { SITREP_GRACE_SECONDS: '3' };

let service: TestService;
let hook: Hook;
/** Attempts that the receiver has not answered. */
let open: (() => void)[];
beforeAll(async () => {
  service = await TestService.start({ worker: false });
});
afterAll(() => service.close());
beforeEach(async () => {
  hook = await Hook.start();
  open = [];
  hook.answer = (response: ServerResponse, received) => void open.push(() => answer(200)(response, received));
  await service.startWorker(SHORT_GRACE);
});
afterEach(async () => {
  await service.stopWorker();
  await checkInvariants(pool());
  await pool().query('DELETE FROM receiver');
  await hook.stop();
});

const pool = () => service.api.db.pool;

/** Makes a receiver, and waits until as much is being sent to it as is sent at once. */
async function sendTo(fields: { retryDelays?: number[] }, alerts: number): Promise<string[]> {
  await makeReceiver(pool(), { endpoint: hook.url, ...fields });
  const ids = await makeAlerts(pool(), alerts);
  for (const one of (await dispatchAll(pool())).flat()) await wakeReceiver(service.temporal.client, one);
  await expect.poll(() => open.length).toBe(Math.min(alerts, AT_ONCE));
  return ids;
}

async function untilDelivered(): Promise<void> {
  await expect
    .poll(async () => new Set((await deliveriesIn(pool())).map(({ state }) => state)))
    .toEqual(new Set(['delivered']));
}

describe('a worker that is stopped', () => {
  test('begins no attempt more, and has those recorded that are answered in time: none is made twice', async () => {
    const ids = await sendTo({}, AT_ONCE + 10);
    const stopped = service.stopWorker();
    for (const one of open) one();
    await stopped;
    const states = (await deliveriesIn(pool())).map(({ state, attempts }) => `${state} after ${attempts}`);
    expect(states.sort()).toEqual([
      ...Array(AT_ONCE).fill('delivered after 1'),
      ...Array(10).fill('pending after 0'),
    ]);
    hook.answer = answer(200);
    await service.startWorker(SHORT_GRACE);
    await untilDelivered();
    expect(hook.ids.toSorted()).toEqual(ids.toSorted());
  });

  test('[I39] cuts off what is not answered in time: its end is unknown, and the next worker sends it at once', async () => {
    // Were it taken for a failure of the receiver, or for lost, it would be tried again much later, or not at all.
    const [id] = await sendTo({ retryDelays: [0] }, 1);
    await service.stopWorker();
    const [delivery] = await deliveriesIn(pool());
    expect(delivery).toMatchObject({ state: 'pending', attempts: 1 });
    expect(delivery?.time_due.getTime()).toBeLessThanOrEqual(Date.now());
    expect(await outcomesOf(pool(), delivery?.id as string)).toEqual(['unknown']);
    const { rows } = await pool().query('SELECT failing_since FROM receiver');
    expect(rows).toEqual([{ failing_since: null }]);
    hook.answer = answer(200);
    await service.startWorker(SHORT_GRACE);
    await untilDelivered();
    expect(await outcomesOf(pool(), delivery?.id as string)).toEqual(['unknown', 'delivered']);
    expect(hook.ids).toEqual([id, id]);
  });
});
