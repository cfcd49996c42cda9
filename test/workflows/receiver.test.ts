import { WorkflowNotFoundError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_RETRY_DELAYS } from '../../src/model/receiver.ts';
import { receiverWorkflowId } from '../../src/model/receiver-workflow.ts';
import { deleteAlert } from '../../src/store/alert.ts';
import { listAttempts } from '../../src/store/delivery.ts';
import { deleteReceiver, readReceiver, updateReceiver } from '../../src/store/receiver.ts';
import { resendFailed } from '../../src/store/resend.ts';
import { newSecret } from '../../src/webhook/signature.ts';
import { wakeReceiver } from '../../src/webhook/wake-receiver.ts';
import type { RunningWorker } from '../../src/worker/worker.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { answer, Hook } from '../support/hook.ts';
import { checkInvariants } from '../support/invariants.ts';
import { startTestWorker } from '../support/lifecycles.ts';
import { deliveriesIn, dispatchAll, makeAlerts, makeReceiver, statesIn } from '../support/receivers.ts';
import { createTimeSkipping } from '../support/temporal.ts';

// With the real activities, on a real Postgres, to a real receiver; only the time is skipped. Attempts are on record
// with the time of the workflow, so that is where a test sees when they were made.

let environment: TestWorkflowEnvironment;
let db: TestDatabase;
let worker: RunningWorker;
let hook: Hook;
beforeAll(async () => {
  environment = await createTimeSkipping();
});
afterAll(() => environment.teardown());
beforeEach(async () => {
  db = await createDatabase();
  hook = await Hook.start();
  const { client, nativeConnection } = environment;
  worker = await startTestWorker(db.pool, { client, nativeConnection, namespace: 'default' });
});
afterEach(async () => {
  await endWorkflows();
  await worker.stop();
  await hook.stop();
  await checkInvariants(db.pool);
  await db.drop();
});

/** A task of theirs that no worker is there for would keep time from being skipped. */
async function endWorkflows(): Promise<void> {
  const { rows } = await db.pool.query<{ id: string }>('SELECT id FROM receiver');
  for (const { id } of rows) {
    const { workflow } = environment.client;
    await workflow
      .getHandle(receiverWorkflowId(id))
      .terminate()
      .catch((error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      });
  }
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

const wake = (receiver: string) => wakeReceiver(environment.client, receiver);
const skip = (milliseconds: number) => environment.sleep(milliseconds);

/** Tells the receivers of new alerts, and lets so much time pass. */
async function tell(count: number, milliseconds: number): Promise<string[]> {
  const ids = await makeAlerts(db.pool, count);
  for (const receivers of await dispatchAll(db.pool)) for (const receiver of receivers) await wake(receiver);
  await skip(milliseconds);
  return ids;
}

/** Seconds between the attempts of the only delivery. */
async function gaps(): Promise<number[]> {
  const [delivery] = await deliveriesIn(db.pool);
  const attempts = await listAttempts(db.pool, delivery?.id as string);
  const started = attempts.map(({ timeStarted }) => Date.parse(timeStarted));
  const ended = attempts.map(({ timeEnded }) => Date.parse(timeEnded as string));
  return started.slice(1).map((time, index) => (time - (ended[index] as number)) / SECOND);
}

/** Seconds on top of a delay, for the way from the timer to the attempt. Never is it too soon, but for rounding. */
const LATE = 20;
const ROUNDING = 0.01;

function expectGap(gap: number | undefined, from: number, to: number): void {
  expect(gap).toBeGreaterThanOrEqual(from - ROUNDING);
  expect(gap).toBeLessThanOrEqual(to + LATE);
}

describe('a receiver that never accepts', () => {
  test('is tried by the whole schedule: ten attempts over three days, each a tenth around its delay; then it failed', async () => {
    const secret = newSecret();
    await makeReceiver(db.pool, { endpoint: hook.url }, secret);
    hook.answer = answer(500);
    const [id] = await tell(1, 4 * DAY);
    expect(await statesIn(db.pool)).toEqual(['failed']);
    const found = await gaps();
    expect(found).toHaveLength(9);
    for (const [index, gap] of found.entries()) {
      const delay = DEFAULT_RETRY_DELAYS[index + 1] as number;
      expectGap(gap, 0.9 * delay, 1.1 * delay);
    }
    expect(hook.ids).toEqual(Array(10).fill(id));
    for (const { headers, body } of hook.received) {
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
        alertId: id,
      });
    }
  });

  test('is tried by a schedule of its own', async () => {
    await makeReceiver(db.pool, { endpoint: hook.url, retryDelays: [0, 100, 1_000] });
    hook.answer = answer(500);
    await tell(1, HOUR);
    expect(await statesIn(db.pool)).toEqual(['failed']);
    const [first, second] = await gaps();
    expectGap(first, 90, 110);
    expectGap(second, 900, 1_100);
  });

  test('is not tried again once the alert was deleted', async () => {
    await makeReceiver(db.pool, { endpoint: hook.url });
    hook.answer = answer(500);
    const [id] = await tell(1, 60 * SECOND);
    const before = hook.received.length;
    await deleteAlert(db.pool, id as string);
    await skip(4 * DAY);
    expect(hook.received).toHaveLength(before);
    expect(await statesIn(db.pool)).toEqual(['alert-deleted']);
  });
});

describe('a receiver that accepts', () => {
  test('at the third attempt has it delivered, and is asked no more', async () => {
    await makeReceiver(db.pool, { endpoint: hook.url });
    hook.answer = (response, received) => answer(hook.received.length < 3 ? 503 : 204)(response, received);
    await tell(1, 4 * DAY);
    expect(hook.received).toHaveLength(3);
    expect(await statesIn(db.pool)).toEqual(['delivered']);
  });

  test('some and refuses others is tried again with the others only', async () => {
    await makeReceiver(db.pool, { endpoint: hook.url, retryDelays: [0, 10] });
    const refused = new Set<string>();
    hook.answer = (response, received) => {
      const isFirst = !refused.has(received.id);
      if (isFirst && refused.size < 5) {
        refused.add(received.id);
        return answer(500)(response, received);
      }
      return answer(200)(response, received);
    };
    const ids = await tell(40, HOUR);
    expect(await statesIn(db.pool)).toEqual(Array(40).fill('delivered'));
    expect(hook.received).toHaveLength(45);
    expect(new Set(hook.ids)).toEqual(new Set(ids));
  });
});

describe('a receiver that asks for time', () => {
  test.each([
    [429, '120', 120],
    [503, '3600', 3_600],
    [503, '864000', 86_400],
  ])('by %i and Retry-After: %s gets %i s', async (status, header, seconds) => {
    await makeReceiver(db.pool, { endpoint: hook.url });
    hook.answer = (response, received) =>
      hook.received.length === 1
        ? answer(status, { 'retry-after': header })(response, received)
        : answer(200)(response, received);
    await tell(1, 2 * DAY);
    const [gap] = await gaps();
    expectGap(gap, seconds, seconds);
  });

  test('less than its schedule has gets what the schedule says', async () => {
    await makeReceiver(db.pool, { endpoint: hook.url });
    hook.answer = answer(429, { 'retry-after': '0' });
    await tell(1, 30 * SECOND);
    const [gap] = await gaps();
    expectGap(gap, 4.5, 5.5);
    expect(hook.received).toHaveLength(2);
  });
});

describe('a receiver that is given up', () => {
  let watcher: Hook;
  beforeEach(async () => {
    watcher = await Hook.start();
    await makeReceiver(db.pool, { endpoint: watcher.url, subscriptions: ['sitrep.**'] });
  });
  afterEach(() => watcher.stop());

  const disabledAlerts = () => watcher.received.map(({ body }) => JSON.parse(body));

  test('since it answered 410 is disabled at once, others hear of it, and what was pending is skipped', async () => {
    const receiver = await makeReceiver(db.pool, { endpoint: hook.url, name: 'leaving' });
    hook.answer = answer(410);
    await tell(3, HOUR);
    expect(await readReceiver(db.pool, receiver)).toMatchObject({
      enabled: false,
      disabledBecause: 'gone',
      pending: 0,
    });
    expect(await statesIn(db.pool)).toEqual(['delivered', ...Array(3).fill('receiver-disabled')]);
    expect(disabledAlerts()).toMatchObject([
      {
        type: 'sitrep.receiver.disabled',
        version: 0,
        caseId: null,
        sitrepId: null,
        data: { receiverId: receiver, receiver: 'leaving', because: 'gone' },
      },
    ]);
    const asked = hook.received.length;
    await tell(2, DAY);
    expect(hook.received).toHaveLength(asked);
  });

  test('after five days without a success, not before, is disabled, and others hear of it', async () => {
    const receiver = await makeReceiver(db.pool, { endpoint: hook.url });
    hook.answer = answer(500);
    await tell(1, 3.8 * DAY);
    expect(await statesIn(db.pool)).toEqual(['failed']);
    await tell(1, DAY);
    expect(await readReceiver(db.pool, receiver)).toMatchObject({ enabled: true });
    expect(disabledAlerts()).toEqual([]);
    await skip(3 * DAY);
    expect(await readReceiver(db.pool, receiver)).toMatchObject({
      enabled: false,
      disabledBecause: 'failing',
      failingSince: expect.any(String),
    });
    expect(disabledAlerts()).toMatchObject([{ data: { receiverId: receiver, because: 'failing' } }]);
    // The rest of the second alert's attempts is not made.
    expect(await statesIn(db.pool)).toEqual(['delivered', 'failed', 'receiver-disabled']);
  });

  test('is not one that had a success in between', async () => {
    const receiver = await makeReceiver(db.pool, { endpoint: hook.url });
    hook.answer = answer(500);
    await tell(1, 3.8 * DAY);
    hook.answer = answer(200);
    await tell(1, HOUR);
    hook.answer = answer(500);
    await tell(1, 3.8 * DAY);
    expect(await readReceiver(db.pool, receiver)).toMatchObject({ enabled: true });
    expect(disabledAlerts()).toEqual([]);
  });

  test('and enabled again gets what comes, and what it missed when that is sent again', async () => {
    const receiver = await makeReceiver(db.pool, { endpoint: hook.url });
    hook.answer = answer(410);
    const [first] = await tell(1, HOUR);
    const [meanwhile] = await tell(1, HOUR);
    hook.received.length = 0;
    hook.answer = answer(200);
    await updateReceiver(db.pool, receiver, { enabled: true });
    const [later] = await tell(1, HOUR);
    expect(hook.ids).toEqual([later]);
    const { ids, receivers } = await resendFailed(db.pool, receiver, '2020-01-01T00:00:00Z');
    expect(ids).toHaveLength(2);
    expect(receivers).toEqual([receiver]);
    await wake(receiver);
    await skip(HOUR);
    expect(hook.ids.slice(1).sort()).toEqual([first, meanwhile].sort());
  });
});

describe('the workflow of a receiver', () => {
  const handleOf = (receiver: string) => environment.client.workflow.getHandle(receiverWorkflowId(receiver));

  test('ends when the receiver is deleted while something is due later', async () => {
    const receiver = await makeReceiver(db.pool, { endpoint: hook.url });
    hook.answer = answer(500);
    await tell(1, 60 * SECOND);
    await deleteReceiver(db.pool, receiver);
    await handleOf(receiver).result();
  });

  test('that was terminated goes on where it was when it is woken', async () => {
    const receiver = await makeReceiver(db.pool, { endpoint: hook.url });
    hook.answer = answer(500);
    await tell(1, 60 * SECOND);
    await handleOf(receiver).terminate('by hand');
    hook.answer = answer(200);
    await skip(HOUR);
    expect(await statesIn(db.pool)).toEqual(['pending']);
    await wake(receiver);
    await skip(SECOND);
    expect(await statesIn(db.pool)).toEqual(['delivered']);
  });

  test('waits without asking while nothing is due: a day is one timer', async () => {
    const receiver = await makeReceiver(db.pool, { endpoint: hook.url, retryDelays: [0, 86_400] });
    hook.answer = answer(500);
    await tell(1, 20 * HOUR);
    const { events } = await handleOf(receiver).fetchHistory();
    const timers = (events ?? []).filter(({ timerStartedEventAttributes }) => timerStartedEventAttributes);
    const rounds = (events ?? []).filter((event) => event.activityTaskScheduledEventAttributes);
    expect([timers.length, rounds.length]).toEqual([1, 1]);
  });
});
