import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  DELIVERY_TASK_QUEUE,
  RECEIVER_WORKFLOW,
  receiverWorkflowId,
  WAKE_SIGNAL,
} from '../../src/model/receiver-workflow.ts';
import { updateReceiver } from '../../src/store/receiver.ts';
import { wakeReceiver } from '../../src/webhook/wake-receiver.ts';
import { TestService } from '../api/harness.ts';
import { aChildOf, aSitrep, requestIds, type Sent } from '../support/document.ts';
import { answer, Hook } from '../support/hook.ts';
import { checkInvariants, tableTexts } from '../support/invariants.ts';
import { deliveriesIn, dispatchAll, makeAlerts, makeReceiver, statesIn } from '../support/receivers.ts';

// What only the real server does as it does it in earnest: signals, histories, two runs at once, what its UI shows.

let service: TestService;
let hook: Hook;
let head: Sent | null = null;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service.close());
beforeEach(async () => {
  hook = await Hook.start();
});
afterEach(async () => {
  await checkInvariants(pool());
  await pool().query('DELETE FROM receiver');
  await hook.stop();
});

const pool = () => service.api.db.pool;
const client = () => service.temporal.client;
const workflowOf = (receiver: string) => client().workflow.getHandle(receiverWorkflowId(receiver));

/** Has a sitrep with new alerts become current; returns their ids. */
async function alerts(count: number): Promise<string[]> {
  const { cases } = aSitrep({}, count);
  const sent: Sent = head ? aChildOf(head, { cases }) : aSitrep({ cases });
  expect((await service.api.submit(sent)).status).toBe(201);
  head = sent;
  return requestIds(sent);
}

async function eventsOf(receiver: string) {
  const { events } = await workflowOf(receiver).fetchHistory();
  return events ?? [];
}

/** As the UI asks for it. */
async function details(receiver: string): Promise<string> {
  const metadata = await workflowOf(receiver).query<{ currentDetails: string }>(
    '__temporal_workflow_metadata',
  );
  return metadata.currentDetails;
}

describe('signals', () => {
  test('are one for each receiver and batch, whatever number of alerts it has', async () => {
    const receivers = await Promise.all([0, 1].map(() => makeReceiver(pool(), { endpoint: hook.url })));
    for (const batch of [1, 2, 3]) {
      await alerts(30);
      await expect.poll(() => hook.received.length).toBe(60 * batch);
      for (const receiver of receivers) {
        const signals = (await eventsOf(receiver)).filter(
          (event) => event.workflowExecutionSignaledEventAttributes,
        );
        expect(signals.map((event) => event.workflowExecutionSignaledEventAttributes?.signalName)).toEqual(
          Array(batch).fill(WAKE_SIGNAL),
        );
      }
    }
  });

  test('are none for a receiver that did not subscribe, or is disabled', async () => {
    const told = await makeReceiver(pool(), { endpoint: hook.url });
    const others = [
      await makeReceiver(pool(), { endpoint: hook.url, subscriptions: ['hardware.**'] }),
      await makeReceiver(pool(), { endpoint: hook.url, enabled: false }),
    ];
    await alerts(3);
    await expect.poll(() => hook.received.length).toBe(3);
    expect((await eventsOf(told)).length).toBeGreaterThan(0);
    for (const other of others) await expect(workflowOf(other).describe()).rejects.toThrow('not found');
  });

  test('that come while it sends are one more round, however many', async () => {
    const receiver = await makeReceiver(pool(), { endpoint: hook.url });
    let release = () => {};
    hook.answer = (response, received) => {
      release = () => answer(200)(response, received);
    };
    await alerts(1);
    await expect.poll(() => hook.received.length).toBe(1);
    for (let n = 0; n < 20; n++) await wakeReceiver(client(), receiver);
    release();
    const rounds = async () =>
      (await eventsOf(receiver)).filter((event) => event.activityTaskCompletedEventAttributes).length;
    await expect.poll(rounds).toBe(2);
    await expect.poll(() => details(receiver)).toContain('**idle**');
    expect(await rounds()).toBe(2);
  });
});

describe('in the UI', () => {
  test('a receiver says whom it is for, what it did, and what it waits for', async () => {
    const receiver = await makeReceiver(pool(), { endpoint: hook.url, retryDelays: [0, 3_600] });
    await alerts(2);
    await expect
      .poll(() => details(receiver))
      .toMatch(/^\*\*idle\*\*\n\nThe last round: \d delivered, 0 not accepted\. Nothing is pending\.$/);
    hook.answer = answer(500);
    await alerts(1);
    await expect
      .poll(() => details(receiver))
      .toMatch(
        /^\*\*waiting\*\*\n\nThe last round: 0 delivered, 1 not accepted\. 1 pending; the next attempt is due at \d{4}-\d\d-\d\dT[\d:.]+Z\.$/,
      );
    const described = await workflowOf(receiver).describe();
    expect(await described.staticSummary()).toBe(`Sends alerts to the receiver ${receiver}`);
    const steps = (await eventsOf(receiver))
      .filter((event) => event.activityTaskScheduledEventAttributes)
      .map(({ userMetadata }) => JSON.parse(Buffer.from(userMetadata?.summary?.data ?? '').toString()));
    expect(new Set(steps)).toEqual(new Set(['Send what is due']));
  });
});

describe('a receiver that hangs', () => {
  test('holds up no other: what comes for that one is delivered while the first has not answered', async () => {
    const hanging = await Hook.start();
    try {
      const open: (() => void)[] = [];
      hanging.answer = (response, received) => void open.push(() => answer(200)(response, received));
      const slow = await makeReceiver(pool(), { endpoint: hanging.url });
      await makeReceiver(pool(), { endpoint: hook.url });
      // More than are sent to one receiver at once.
      await alerts(100);
      await expect.poll(() => hook.received.length).toBe(100);
      await expect.poll(() => hanging.received.length).toBe(32);
      await alerts(50);
      await expect.poll(() => hook.received.length).toBe(150);
      expect(hanging.received).toHaveLength(32);
      expect(open).toHaveLength(32);
      hanging.answer = answer(200);
      for (const one of open) one();
      await expect.poll(() => hanging.received.length).toBe(150);
      expect(new Set(hanging.ids).size).toBe(150);
      await expect.poll(() => details(slow)).toContain('**idle**');
    } finally {
      await hanging.stop();
    }
  });
});

describe('two runs for one receiver', () => {
  test('[I35] send each delivery once, between them', async () => {
    const receiver = await makeReceiver(pool(), { endpoint: hook.url });
    await service.stopWorker();
    const ids = await makeAlerts(pool(), 200);
    await dispatchAll(pool());
    const runs = await Promise.all(
      [0, 1, 2].map((n) =>
        client().workflow.start(RECEIVER_WORKFLOW, {
          workflowId: `${receiverWorkflowId(receiver)} ${n}`,
          taskQueue: DELIVERY_TASK_QUEUE,
          args: [receiver],
        }),
      ),
    );
    await service.startWorker();
    await expect.poll(async () => new Set(await statesIn(pool()))).toEqual(new Set(['delivered']));
    expect(hook.ids.toSorted()).toEqual(ids.toSorted());
    for (const run of runs) await run.terminate();
  });
});

describe('a run with a long history', () => {
  test('continues as a new one, and no wake-up is lost', async () => {
    const receiver = await makeReceiver(pool(), { endpoint: hook.url });
    let release = () => {};
    hook.answer = (response, received) => {
      release = () => answer(200)(response, received);
    };
    await alerts(1);
    await expect.poll(() => hook.received.length).toBe(1);
    const { runId } = await workflowOf(receiver).describe();
    const isLong = async () => Number((await workflowOf(receiver).describe()).historyLength) > 4_200;
    while (!(await isLong())) {
      await Promise.all(Array.from({ length: 100 }, () => wakeReceiver(client(), receiver)));
    }
    const later = await makeAlerts(pool(), 3);
    await dispatchAll(pool());
    hook.answer = answer(200);
    release();
    await expect.poll(() => hook.received.length).toBe(4);
    expect(hook.ids.slice(1).sort()).toEqual(later.sort());
    await expect.poll(async () => (await workflowOf(receiver).describe()).runId).not.toBe(runId);
    await expect.poll(() => details(receiver)).toContain('**idle**');
    expect(Number((await workflowOf(receiver).describe()).historyLength)).toBeLessThan(50);
  }, 120_000);
});

describe('a receiver that is deleted', () => {
  test('has its workflow end, though it was idle', async () => {
    const receiver = await makeReceiver(pool(), { endpoint: hook.url });
    await alerts(1);
    await expect.poll(() => details(receiver)).toContain('**idle**');
    expect((await service.api.ask('DELETE', `/v1/receivers/${receiver}`)).status).toBe(204);
    await workflowOf(receiver).result();
    expect((await workflowOf(receiver).describe()).status.name).toBe('COMPLETED');
  });
});

describe('a secret', () => {
  async function made(): Promise<{ id: string; secret: string }> {
    const subscriptions = ['test.**'];
    const { body } = await service.api.post('/v1/receivers', {
      name: 'rotated',
      endpoint: hook.url,
      subscriptions,
    });
    return body;
  }
  const rotate = async (id: string, keepSeconds: number): Promise<string> =>
    (await service.api.post(`/v1/receivers/${id}/secrets`, { keepSeconds })).body.secret;

  async function nextIsSignedBy(secrets: string[]): Promise<boolean[]> {
    hook.received.length = 0;
    await alerts(1);
    await expect.poll(() => hook.received.length).toBe(1);
    const [{ headers, body }] = hook.received as [Hook['received'][number]];
    return secrets.map((secret) => {
      try {
        new Webhook(secret).verify(body, headers as Record<string, string>);
        return true;
      } catch {
        return false;
      }
    });
  }

  test('that was rotated signs beside the new one until it expires, and then no more', async () => {
    const { id, secret: old } = await made();
    expect(await nextIsSignedBy([old])).toEqual([true]);
    const next = await rotate(id, 3_600);
    expect(await nextIsSignedBy([next, old])).toEqual([true, true]);
    await pool().query(
      `UPDATE receiver_secret SET time_expires = now() WHERE receiver_id = $1 AND time_expires IS NOT NULL`,
      [id],
    );
    expect(await nextIsSignedBy([next, old])).toEqual([true, false]);
    const last = await rotate(id, 0);
    expect(await nextIsSignedBy([last, next, old])).toEqual([true, false, false]);
  });

  test('is found nowhere after all that can be done: tables, histories, logs, errors', async () => {
    const { id, secret } = await made();
    const others = [await rotate(id, 3_600)];
    hook.answer = answer(500);
    await updateReceiver(pool(), id, { retryDelays: [0, 0, 0] });
    await alerts(2);
    await expect.poll(async () => new Set(await statesIn(pool()))).toEqual(new Set(['failed']));
    hook.answer = answer(200);
    await service.api.ask('POST', `/v1/receivers/${id}/probe?resendSince=2020-01-01T00:00:00Z`);
    await expect
      .poll(async () => (await deliveriesIn(pool())).filter(({ state }) => state === 'pending'))
      .toEqual([]);
    // Also where it goes wrong: a secret that can't be opened.
    await pool().query('UPDATE receiver_secret SET sealed = substr(sealed, 2) WHERE receiver_id = $1', [id]);
    const failed = await service.api.ask('POST', `/v1/receivers/${id}/probe`);
    expect(failed.status).toBe(500);
    await alerts(1);
    const isRetried = async () => {
      const { raw } = await workflowOf(id).describe();
      return raw.pendingActivities?.[0]?.lastFailure?.message ?? '';
    };
    await expect.poll(isRetried).toContain('was not sealed with the present SITREP_SECRET_KEY');

    const history = readable(await eventsOf(id));
    // What is in a payload would be seen.
    expect(history).toContain(`"data":"${id}"`);
    const places = [
      JSON.stringify(await tableTexts(pool())),
      history,
      readable((await workflowOf(id).describe()).raw),
      service.api.log.join('\n'),
      failed.text,
      ...(await Promise.all(
        ['/v1/receivers', `/v1/receivers/${id}`, `/v1/receivers/${id}/secrets`, '/v1/deliveries'].map(
          async (path) => (await service.api.get(path)).text,
        ),
      )),
    ];
    for (const one of [secret, ...others]) {
      const text = one.slice('whsec_'.length);
      const bytes = Buffer.from(text, 'base64');
      const hex = [bytes, Buffer.from(text)].map((plain) => plain.toString('hex'));
      for (const shape of [text, bytes.toString('base64url'), ...hex]) {
        expect(places.filter((place) => place.includes(shape))).toEqual([]);
      }
    }
    await workflowOf(id).terminate();
  });
});

/** With payloads as the text that they are. */
function readable(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /"data":"([A-Za-z0-9+/=]+)"/g,
    (_, data: string) => `"data":${Buffer.from(data, 'base64')}`,
  );
}
