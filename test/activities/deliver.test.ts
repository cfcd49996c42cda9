import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AttemptLog } from '../../src/activities/attempt-log.ts';
import { createDeliveryActivities } from '../../src/activities/index.ts';
import { updateReceiver } from '../../src/store/receiver.ts';
import { holding, untilBlocked } from '../support/blocked.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { answer, Hook } from '../support/hook.ts';
import { checkInvariants } from '../support/invariants.ts';
import { testMail } from '../support/mail.ts';
import {
  deliveriesIn,
  dispatchAll,
  makeAlerts,
  makeReceiver,
  outcomesOf,
  SendersClock,
  statesIn,
} from '../support/receivers.ts';
import { connectTemporal, type TestTemporal } from '../support/temporal.ts';

let db: TestDatabase;
let temporal: TestTemporal;
let hook: Hook;
let receiver: string;
beforeEach(async () => {
  db = await createDatabase();
  temporal = await connectTemporal({ searchAttributes: false });
  hook = await Hook.start();
  receiver = await makeReceiver(db.pool, { endpoint: hook.url });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await hook.stop();
  await checkInvariants(db.pool);
  await temporal.close();
  await db.drop();
});

const HOUR = 3_600_000;
const SOON = 60_000;
const OK = { outcome: 'delivered', status: 200, detail: null, retryAfter: null } as const;

async function due(count: number): Promise<void> {
  await makeAlerts(db.pool, count);
  await dispatchAll(db.pool);
}

function deliverDue(nowMs: number, info: { currentAttemptScheduledTimestampMs?: number } = {}) {
  const mail = testMail();
  const activities = createDeliveryActivities({ pool: db.pool, client: temporal.client }, mail);
  const times = { scheduledTimestampMs: nowMs, currentAttemptScheduledTimestampMs: nowMs, ...info };
  return new MockActivityEnvironment(times)
    .run(() => activities.deliverDue(receiver, nowMs))
    .finally(() => mail.sender.close());
}

describe('a round', () => {
  test('sends all that is due, and says what it did', async () => {
    await due(50);
    expect(await deliverDue(Date.now() + SOON)).toEqual({
      kind: 'waits',
      sent: { delivered: 50, refused: 0 },
      pending: 0,
      nextDueMs: null,
    });
  });

  test('sends nothing that is not due yet by the time of its workflow', async () => {
    await due(1);
    expect(await deliverDue(Date.now() - HOUR)).toMatchObject({ sent: { delivered: 0 }, pending: 1 });
    expect(hook.received).toEqual([]);
  });

  test('that is retried an hour later takes what it begins for lost an hour later', async () => {
    await due(1);
    const before = Date.now() + SOON;
    const begun = new Promise<number>((resolve) => {
      hook.answer = async (response, received) => {
        const [delivery] = await deliveriesIn(db.pool);
        answer(200)(response, received);
        resolve(delivery?.time_lost?.getTime() ?? 0);
      };
    });
    await deliverDue(before, { currentAttemptScheduledTimestampMs: before + HOUR });
    expect(await begun).toBeGreaterThanOrEqual(before + HOUR + 2 * 30_000);
  });

  test('has at most 32 attempts under way', async () => {
    await due(60);
    let underWay = 0;
    let most = 0;
    hook.answer = (response, received) => {
      underWay += 1;
      most = Math.max(most, underWay);
      setImmediate(() => {
        underWay -= 1;
        answer(200)(response, received);
      });
    };
    await deliverDue(Date.now() + SOON);
    expect(most).toBeLessThanOrEqual(32);
    expect(hook.received).toHaveLength(60);
  });

  test('for a receiver that is disabled meanwhile sends nothing that had not begun', async () => {
    await due(100);
    const disabled = Promise.withResolvers<unknown>();
    hook.answer = async (response, received) => {
      if (hook.received.length === 1) {
        disabled.resolve(updateReceiver(db.pool, receiver, { enabled: false }));
      }
      await disabled.promise;
      answer(200)(response, received);
    };
    await deliverDue(Date.now() + SOON);
    const begun = hook.received.length;
    expect(begun).toBeLessThanOrEqual(32);
    expect(await statesIn(db.pool)).toEqual([
      ...Array(begun).fill('delivered'),
      ...Array(100 - begun).fill('receiver-disabled'),
    ]);
  });

  test('begins more than it sends at once only for a receiver that is fast, and takes back what it cannot send', async () => {
    await due(2_000);
    const begun = async () => (await deliveriesIn(db.pool)).filter(({ time_lost }) => time_lost).length;
    let most = 0;
    hook.answer = async (response, received) => {
      if (hook.received.length === 1_000) most = await begun();
      // From here on it is gone: nothing of what waits is sent to it.
      answer(hook.received.length < 1_500 ? 200 : 410)(response, received);
    };
    expect(await deliverDue(Date.now() + SOON)).toMatchObject({ kind: 'waits', pending: 0 });
    expect(most).toBeGreaterThan(32);
    expect(hook.received.length).toBeLessThan(1_500 + 32);
    const { rows } = await db.pool.query('SELECT count(*)::int AS sent FROM delivery_attempt');
    expect(rows[0]).toEqual({ sent: hook.received.length });
  });

  test('takes back what has waited for a receiver that became slow, and begins it again: no attempt of it is lost', async () => {
    await due(2_000);
    let late = 0;
    // By a clock that hardly moves it is fast, on whatever machine, and as many are begun ahead as may be.
    let now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 0.001;
      return now + late;
    });
    const takenBack = () =>
      vi.mocked(db.pool.query).mock.calls.filter(([text]) => String(text).includes('take_back_attempts'));
    vi.spyOn(db.pool, 'query');
    const held: (() => void)[] = [];
    hook.answer = (response, received) => {
      if (late > 0 || hook.received.length < 1_000) return answer(200)(response, received);
      held.push(() => answer(200)(response, received));
      if (held.length < 32) return;
      // As if it had kept them all for two seconds.
      late = 2_000;
      for (const answerNow of held) answerNow();
    };
    expect(await deliverDue(Date.now() + SOON)).toMatchObject({ sent: { delivered: 2_000 }, pending: 0 });
    expect(takenBack().length).toBeGreaterThan(0);
    const { rows } = await db.pool.query('SELECT DISTINCT number, outcome FROM delivery_attempt');
    expect(rows).toEqual([{ number: 1, outcome: 'delivered' }]);
    expect(hook.received).toHaveLength(2_000);
  });

  test('for a receiver that is gone, or disabled, sends nothing', async () => {
    await due(1);
    await updateReceiver(db.pool, receiver, { enabled: false });
    expect(await deliverDue(Date.now() + SOON)).toMatchObject({ kind: 'waits', pending: 0, nextDueMs: null });
    await db.pool.query('DELETE FROM receiver');
    expect(await deliverDue(Date.now() + SOON)).toEqual({ kind: 'gone' });
    expect(hook.received).toEqual([]);
  });
});

describe('the end of an attempt', () => {
  const clock = new SendersClock();

  test('that cannot be recorded is tried again until it is: what was answered 2xx is not sent twice', async () => {
    await due(1);
    const [one] = await clock.begin(db.pool, receiver);
    if (!one) throw new Error('Nothing was due.');
    await holding(db.pool, ['LOCK TABLE delivery_attempt IN SHARE MODE'], async (client) => {
      const written = new MockActivityEnvironment().run(() =>
        new AttemptLog(db.pool, receiver, [0]).write(one, OK, clock.now),
      );
      for (let n = 0; n < 3; n++) {
        await untilBlocked(db.pool);
        await client.query(TERMINATE_BLOCKED);
      }
      await untilBlocked(db.pool);
      await client.query('COMMIT');
      await written;
    });
    expect(await statesIn(db.pool)).toEqual(['delivered']);
  });

  test('is recorded though the one before it could not be, and the activity is being cancelled', async () => {
    await due(2);
    const [one, other] = await clock.begin(db.pool, receiver);
    if (!one || !other) throw new Error('Nothing was due.');
    const environment = new MockActivityEnvironment();
    const waiting = Promise.withResolvers<void>();
    await holding(db.pool, ['LOCK TABLE delivery_attempt IN SHARE MODE'], async (client) => {
      const ends = environment.run(async () => {
        const log = new AttemptLog(db.pool, receiver, [0]);
        const first = log.write(one, OK, clock.now);
        await untilBlocked(db.pool);
        waiting.resolve();
        return Promise.allSettled([first, log.write(other, OK, clock.now)]);
      });
      // By whoever writes: seen here first, it could be ended before they have seen it.
      await waiting.promise;
      environment.cancel();
      await client.query(TERMINATE_BLOCKED);
      await untilBlocked(db.pool);
      await client.query('COMMIT');
      expect(((await ends) as PromiseSettledResult<void>[]).map(({ status }) => status)).toEqual([
        'rejected',
        'fulfilled',
      ]);
    });
    expect(await outcomesOf(db.pool, one.deliveryId)).toEqual([null]);
    expect(await outcomesOf(db.pool, other.deliveryId)).toEqual(['delivered']);
  });

  const TERMINATE_BLOCKED = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
});
