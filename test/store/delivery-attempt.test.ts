import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deleteAlert } from '../../src/store/alert.ts';
import { listAttempts } from '../../src/store/delivery.ts';
import { type Begun, pendingDeliveries, takeBackAttempts } from '../../src/store/delivery-attempt.ts';
import { deleteReceiver, disableReceiver, readReceiver, updateReceiver } from '../../src/store/receiver.ts';
import { giveUpGone, giveUpIfFailing } from '../../src/store/receiver-health.ts';
import { holding, untilBlocked } from '../support/blocked.ts';
import { countRows } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { checkInvariants } from '../support/invariants.ts';
import {
  deliveriesIn,
  dispatchAll,
  makeAlerts,
  makeReceiver,
  outcomesOf,
  SendersClock,
  statesIn,
} from '../support/receivers.ts';

let db: TestDatabase;
let clock: SendersClock;
let receiver: string;
beforeEach(async () => {
  db = await createDatabase();
  clock = new SendersClock();
  receiver = await makeReceiver(db.pool);
});
afterEach(async () => {
  await checkInvariants(db.pool);
  await db.drop();
});

async function due(count: number): Promise<string[]> {
  const ids = await makeAlerts(db.pool, count);
  await dispatchAll(db.pool);
  return ids;
}
async function beginOne(): Promise<[Begun]> {
  return (await clock.begin(db.pool, receiver)) as [Begun];
}
/** After that an attempt that has not ended is taken for lost. */
const TOO_LONG = 61;

describe('attempts', () => {
  test('are on record before anything is sent, and nobody takes them again meanwhile', async () => {
    await due(3);
    const begun = await clock.begin(db.pool, receiver);
    expect(begun.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
    for (const { deliveryId } of begun) expect(await outcomesOf(db.pool, deliveryId)).toEqual([null]);
    expect(await clock.begin(db.pool, receiver)).toEqual([]);
  });

  test('are begun up to a limit, the longest due first, and only of this receiver', async () => {
    await makeReceiver(db.pool);
    await due(3);
    await db.pool.query(
      `UPDATE delivery SET time_due = time_due - interval '1 hour' WHERE receiver_id = $1
                          AND id = (SELECT max(id::text)::uuid FROM delivery WHERE receiver_id = $1)`,
      [receiver],
    );
    const [first] = await clock.begin(db.pool, receiver, 1);
    const oldest = (await deliveriesIn(db.pool))
      .filter(({ receiver_id }) => receiver_id === receiver)
      .map(({ id }) => id)
      .sort()
      .at(-1);
    expect(first?.deliveryId).toBe(oldest);
    expect(await clock.begin(db.pool, receiver, 100)).toHaveLength(2);
  });

  test('are not begun before they are due', async () => {
    await due(1);
    const begun = await beginOne();
    await clock.refuse(db.pool, receiver, begun, 5);
    clock.pass(4);
    expect(await clock.begin(db.pool, receiver)).toEqual([]);
    expect(await pendingDeliveries(db.pool, receiver)).toEqual({
      pending: 1,
      nextDueMs: clock.now.getTime() + 1000,
    });
    clock.pass(1);
    expect(await beginOne()).toMatchObject([{ attempt: 2 }]);
  });

  test('[I39] by sixteen at once are of different deliveries', async () => {
    await due(50);
    const begun = (
      await Promise.all(Array.from({ length: 16 }, () => clock.begin(db.pool, receiver, 5)))
    ).flat();
    expect(new Set(begun.map(({ deliveryId }) => deliveryId)).size).toBe(begun.length);
    const rest = await clock.begin(db.pool, receiver);
    expect(begun.length + rest.length).toBe(50);
  });

  test('[I38] of a 2xx end the delivery; others put it off, and the last one fails it', async () => {
    await due(2);
    const [one, other] = (await clock.begin(db.pool, receiver)) as [Begun, Begun];
    await clock.accept(db.pool, receiver, [one]);
    await clock.refuse(db.pool, receiver, [other], 5);
    clock.pass(5);
    await clock.refuse(db.pool, receiver, await beginOne(), null);
    expect(await statesIn(db.pool)).toEqual(['delivered', 'failed']);
    expect(await listAttempts(db.pool, other.deliveryId)).toMatchObject([
      { number: 1, outcome: 'rejected', status: 500 },
      { number: 2, outcome: 'rejected', status: 500 },
    ]);
  });

  test('[I38] whose end is recorded twice, since the first reply was lost, end once', async () => {
    await due(2);
    const [one, other] = (await clock.begin(db.pool, receiver)) as [Begun, Begun];
    for (const _ of ['once', 'again']) {
      await clock.accept(db.pool, receiver, [one]);
      await clock.refuse(db.pool, receiver, [other], 5);
    }
    expect(await statesIn(db.pool)).toEqual(['delivered', 'pending']);
    clock.pass(5);
    expect(await beginOne()).toMatchObject([{ deliveryId: other.deliveryId, attempt: 2 }]);
  });
});

describe('attempts that are taken back, since they were not sent', () => {
  test('[I39] are as if they had never been begun: what is due stays due, and is numbered on', async () => {
    await due(2);
    const [one, other] = (await clock.begin(db.pool, receiver)) as [Begun, Begun];
    await clock.refuse(db.pool, receiver, [one], 0);
    await takeBackAttempts(db.pool, [other]);
    expect(await outcomesOf(db.pool, other.deliveryId)).toEqual([]);
    const again = await clock.begin(db.pool, receiver);
    expect(again.map(({ deliveryId, attempt }) => [deliveryId, attempt]).sort()).toEqual(
      [
        [one.deliveryId, 2],
        [other.deliveryId, 1],
      ].sort(),
    );
    await takeBackAttempts(db.pool, again);
    expect(await outcomesOf(db.pool, one.deliveryId)).toEqual(['rejected']);
  });

  test('[I39] twice, or after they were taken for lost, change nothing', async () => {
    await due(1);
    const lost = await beginOne();
    clock.pass(TOO_LONG);
    const newer = await beginOne();
    await takeBackAttempts(db.pool, lost);
    expect(await outcomesOf(db.pool, lost[0].deliveryId)).toEqual(['unknown', null]);
    await takeBackAttempts(db.pool, newer);
    await takeBackAttempts(db.pool, newer);
    expect(await outcomesOf(db.pool, lost[0].deliveryId)).toEqual(['unknown']);
    expect(await beginOne()).toMatchObject([{ attempt: 2 }]);
  });

  test('[I37] leave a delivery skipped that was skipped meanwhile', async () => {
    await due(1);
    const begun = await beginOne();
    await disableReceiver(db.pool, receiver, 'operator', clock.now);
    await takeBackAttempts(db.pool, begun);
    expect(await statesIn(db.pool)).toEqual(['receiver-disabled']);
    expect(await outcomesOf(db.pool, begun[0].deliveryId)).toEqual([]);
  });
});

describe('an attempt whose sender went away', () => {
  beforeEach(() => due(1));

  test('[I39] is recorded as unknown, and another one is made', async () => {
    const [lost] = await beginOne();
    clock.pass(TOO_LONG);
    expect(await beginOne()).toMatchObject([{ deliveryId: lost.deliveryId, attempt: 2 }]);
    expect(await outcomesOf(db.pool, lost.deliveryId)).toEqual(['unknown', null]);
  });

  test('and comes back late with a 2xx is delivered, and the newer one changes nothing', async () => {
    const lost = await beginOne();
    clock.pass(TOO_LONG);
    const newer = await beginOne();
    await clock.accept(db.pool, receiver, lost);
    expect(await statesIn(db.pool)).toEqual(['delivered']);
    await clock.refuse(db.pool, receiver, newer, 5);
    expect(await statesIn(db.pool)).toEqual(['delivered']);
    expect(await outcomesOf(db.pool, lost[0].deliveryId)).toEqual(['delivered', 'rejected']);
  });

  test.each([5, null])(
    'and comes back late refused (again: %s) does not disturb the newer one',
    async (again) => {
      const lost = await beginOne();
      clock.pass(TOO_LONG);
      const newer = await beginOne();
      const before = await deliveriesIn(db.pool);
      await clock.refuse(db.pool, receiver, lost, again);
      expect(await deliveriesIn(db.pool)).toEqual(before);
      expect(await outcomesOf(db.pool, lost[0].deliveryId)).toEqual(['unknown', null]);
      await clock.accept(db.pool, receiver, newer);
      expect(await statesIn(db.pool)).toEqual(['delivered']);
    },
  );

  test('and comes back at the very moment when it is taken for lost: neither waits for the other in a circle', async () => {
    const [lost] = await beginOne();
    clock.pass(TOO_LONG);
    const locked = `SELECT FROM delivery WHERE id = '${lost.deliveryId}' FOR UPDATE`;
    const ending = await holding(db.pool, [locked], async (client) => {
      const late = clock.accept(db.pool, receiver, [lost]);
      await untilBlocked(db.pool);
      expect(await clock.begin(client, receiver)).toMatchObject([{ attempt: 2 }]);
      return { late };
    });
    await ending.late;
    expect(await statesIn(db.pool)).toEqual(['delivered']);
  });
});

describe('a deleted alert', () => {
  test('is not sent: what was pending of it is skipped', async () => {
    const [id] = (await due(1)) as [string];
    expect(await deleteAlert(db.pool, id)).toBe(true);
    expect(await clock.begin(db.pool, receiver)).toEqual([]);
    expect(await statesIn(db.pool)).toEqual(['alert-deleted']);
  });

  test('[I38] while an attempt is under way: it stays on record, and a 2xx is the truth', async () => {
    const [one, other] = (await due(2)) as [string, string];
    const begun = await clock.begin(db.pool, receiver);
    await deleteAlert(db.pool, one);
    await deleteAlert(db.pool, other);
    const [accepted, refused] = begun as [Begun, Begun];
    await clock.accept(db.pool, receiver, [accepted]);
    await clock.refuse(db.pool, receiver, [refused], 5);
    expect(await statesIn(db.pool)).toEqual(['alert-deleted', 'delivered']);
    expect(await outcomesOf(db.pool, refused.deliveryId)).toEqual(['rejected']);
    clock.pass(TOO_LONG);
    expect(await clock.begin(db.pool, receiver)).toEqual([]);
  });

  test('[I37] at the moment when its attempt begins: the deletion waits, and skips it', async () => {
    const [id] = (await due(1)) as [string];
    await holding(db.pool, [], async (client) => {
      expect(await clock.begin(client, receiver)).toHaveLength(1);
      const deleting = deleteAlert(db.pool, id);
      await untilBlocked(db.pool);
      await client.query('COMMIT');
      await deleting;
    });
    expect(await statesIn(db.pool)).toEqual(['alert-deleted']);
  });

  test('[I37] at the moment when its attempt ends: either order leaves nothing pending', async () => {
    const [id] = (await due(1)) as [string];
    const begun = await beginOne();
    await holding(db.pool, ['LOCK TABLE delivery_attempt IN SHARE MODE'], async (client) => {
      const ending = clock.refuse(db.pool, receiver, begun, 5);
      await untilBlocked(db.pool);
      const deleting = deleteAlert(db.pool, id);
      await untilBlocked(db.pool, 2);
      await client.query('COMMIT');
      await Promise.all([ending, deleting]);
    });
    expect(await statesIn(db.pool)).toEqual(['alert-deleted']);
  });
});

describe('a receiver that is disabled', () => {
  test('[I37] has nothing pending, and what is under way ends on record', async () => {
    await due(3);
    const [accepted, refused, lost] = (await clock.begin(db.pool, receiver)) as [Begun, Begun, Begun];
    await disableReceiver(db.pool, receiver, 'operator', clock.now);
    await clock.accept(db.pool, receiver, [accepted]);
    await clock.refuse(db.pool, receiver, [refused], 5);
    expect(await statesIn(db.pool)).toEqual(['delivered', 'receiver-disabled', 'receiver-disabled']);
    expect(await outcomesOf(db.pool, lost.deliveryId)).toEqual([null]);
  });

  test('[I37] before attempts begin, or while it is being disabled: none begins', async () => {
    await due(2);
    await holding(db.pool, [], async (client) => {
      await disableReceiver(client, receiver, 'operator', clock.now);
      expect(await clock.begin(db.pool, receiver)).toEqual([]);
      await client.query('COMMIT');
    });
    expect(await clock.begin(db.pool, receiver)).toEqual([]);
    expect(await statesIn(db.pool)).toEqual(['receiver-disabled', 'receiver-disabled']);
    expect(await countRows(db.pool, 'delivery_attempt')).toBe(0);
  });

  test('[I37] at the moment when attempts begin: it waits for them, and skips their deliveries', async () => {
    await due(2);
    await holding(db.pool, [], async (client) => {
      expect(await clock.begin(client, receiver)).toHaveLength(2);
      const disabling = disableReceiver(db.pool, receiver, 'operator', clock.now);
      await untilBlocked(db.pool);
      await client.query('COMMIT');
      await disabling;
    });
    expect(await statesIn(db.pool)).toEqual(['receiver-disabled', 'receiver-disabled']);
    clock.pass(TOO_LONG);
    expect(await clock.begin(db.pool, receiver)).toEqual([]);
  });

  test('[I37] at the moment when attempts end: no deadlock, and nothing is left pending', async () => {
    await due(20);
    for (const answer of ['first failure', 'later failure', 'success'] as const) {
      const begun = await clock.begin(db.pool, receiver);
      await holding(db.pool, ['LOCK TABLE delivery_attempt IN SHARE MODE'], async (client) => {
        const ending =
          answer === 'success'
            ? clock.accept(db.pool, receiver, begun.slice(1))
            : clock.refuse(db.pool, receiver, begun, 5);
        await untilBlocked(db.pool);
        const disabling = disableReceiver(db.pool, receiver, 'operator', clock.now);
        await untilBlocked(db.pool, 2);
        await client.query('COMMIT');
        await Promise.all([ending, disabling]);
      });
      expect(await pendingDeliveries(db.pool, receiver)).toMatchObject({ pending: 0 });
      await updateReceiver(db.pool, receiver, { enabled: true });
      await due(20);
      clock.pass(TOO_LONG);
    }
  });

  test('[I37] before attempts end that wait for it: they find their deliveries skipped', async () => {
    await due(2);
    const begun = await clock.begin(db.pool, receiver);
    await holding(db.pool, [], async (client) => {
      await disableReceiver(client, receiver, 'operator', clock.now);
      const ending = clock.refuse(db.pool, receiver, begun, 5);
      await untilBlocked(db.pool);
      await client.query('COMMIT');
      await ending;
    });
    expect(await statesIn(db.pool)).toEqual(['receiver-disabled', 'receiver-disabled']);
  });
});

describe('a receiver that is deleted', () => {
  test('takes its deliveries with it; attempts that end afterwards end nowhere', async () => {
    await due(2);
    const begun = await clock.begin(db.pool, receiver);
    expect(await deleteReceiver(db.pool, receiver)).toBe(true);
    await clock.accept(db.pool, receiver, begun);
    for (const table of ['delivery', 'delivery_attempt', 'receiver_secret', 'receiver_subscription']) {
      expect(await countRows(db.pool, table)).toBe(0);
    }
    expect(await deleteReceiver(db.pool, receiver)).toBe(false);
  });

  test('at the moment when attempts end: the deletion waits for them, whether it is healthy or not', async () => {
    await due(2);
    const begun = await clock.begin(db.pool, receiver);
    await holding(db.pool, ['LOCK TABLE delivery_attempt IN SHARE MODE'], async (client) => {
      const ending = clock.accept(db.pool, receiver, begun);
      await untilBlocked(db.pool);
      const deleting = deleteReceiver(db.pool, receiver);
      await untilBlocked(db.pool, 2);
      // It waits at the receiver itself: no delivery is taken from under the hands of whoever ends attempts.
      const free = await client.query('SELECT FROM delivery FOR UPDATE SKIP LOCKED');
      expect(free.rowCount).toBe(0);
      const { rows } = await client.query(
        `SELECT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
          WHERE l.locktype = 'tuple' AND l.granted
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      expect(rows).toEqual([{ relname: 'receiver' }]);
      await client.query('COMMIT');
      await Promise.all([ending, deleting]);
    });
    expect(await countRows(db.pool, 'delivery')).toBe(0);
  });
});

describe('health', () => {
  const DAY = 86_400;
  const failingSince = async () => (await readReceiver(db.pool, receiver))?.failingSince;

  test('is remembered from the first failure after the last success', async () => {
    await due(2);
    await clock.refuse(db.pool, receiver, await clock.begin(db.pool, receiver), 5);
    const first = await failingSince();
    expect(first).not.toBeNull();
    clock.pass(5);
    const [one, other] = (await clock.begin(db.pool, receiver)) as [Begun, Begun];
    await clock.refuse(db.pool, receiver, [one], 5);
    expect(await failingSince()).toBe(first);
    await clock.accept(db.pool, receiver, [other]);
    expect(await failingSince()).toBeNull();
  });

  test('of days without success disables it, once, with one alert, however many find out', async () => {
    await due(1);
    await clock.refuse(db.pool, receiver, await beginOne(), null);
    const giveUp = () => giveUpIfFailing(db.pool, receiver, 5 * DAY * 1000, clock.now);
    clock.pass(5 * DAY - 1);
    expect(await giveUp()).toBe(false);
    clock.pass(1);
    const found = await Promise.all(Array.from({ length: 8 }, giveUp));
    expect(found.filter(Boolean)).toHaveLength(1);
    const { rows } = await db.pool.query(
      `SELECT payload FROM alert WHERE class = 'sitrep.receiver.disabled'`,
    );
    expect(rows).toMatchObject([{ payload: { receiverId: receiver, because: 'failing' } }]);
    expect(await readReceiver(db.pool, receiver)).toMatchObject({
      enabled: false,
      disabledBecause: 'failing',
    });
  });

  test('that comes back at the last moment prevents it', async () => {
    await due(2);
    const [one, other] = (await clock.begin(db.pool, receiver)) as [Begun, Begun];
    await clock.refuse(db.pool, receiver, [one], null);
    clock.pass(6 * DAY);
    await holding(db.pool, ['LOCK TABLE delivery_attempt IN SHARE MODE'], async (client) => {
      const accepted = clock.accept(db.pool, receiver, [other]);
      await untilBlocked(db.pool);
      const givingUp = giveUpIfFailing(db.pool, receiver, 5 * DAY * 1000, clock.now);
      await untilBlocked(db.pool, 2);
      await client.query('COMMIT');
      await accepted;
      expect(await givingUp).toBe(false);
    });
    expect(await countRows(db.pool, 'alert')).toBe(2);
  });

  test('is a clean slate after it was enabled again', async () => {
    await due(1);
    await clock.refuse(db.pool, receiver, await beginOne(), null);
    clock.pass(6 * DAY);
    expect(await giveUpGone(db.pool, receiver, clock.now)).toBe(true);
    await updateReceiver(db.pool, receiver, { enabled: true });
    expect(await readReceiver(db.pool, receiver)).toMatchObject({
      enabled: true,
      disabledBecause: null,
      timeDisabled: null,
      failingSince: null,
    });
    expect(await giveUpIfFailing(db.pool, receiver, 5 * DAY * 1000, clock.now)).toBe(false);
  });

  test('makes no alert of a receiver that an operator has disabled', async () => {
    await disableReceiver(db.pool, receiver, 'operator', clock.now);
    expect(await giveUpGone(db.pool, receiver, clock.now)).toBe(false);
    expect(await countRows(db.pool, 'alert')).toBe(0);
    expect(await readReceiver(db.pool, receiver)).toMatchObject({ disabledBecause: 'operator' });
  });
});
