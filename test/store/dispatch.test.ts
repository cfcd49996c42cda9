import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deleteAlert, readAlert } from '../../src/store/alert.ts';
import { type DispatchResult, dispatchAlerts, undispatchedAlerts } from '../../src/store/dispatch.ts';
import { deleteReceiver, disableReceiver, updateReceiver } from '../../src/store/receiver.ts';
import { holding, untilBlocked } from '../support/blocked.ts';
import { countRows } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { checkInvariants, tableTexts } from '../support/invariants.ts';
import { deliveriesIn, dispatchAll, makeAlerts, makeReceiver, statesIn } from '../support/receivers.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase();
});
afterEach(async () => {
  await checkInvariants(db.pool);
  await db.drop();
});

const dispatch = (chunk?: number): Promise<DispatchResult> => dispatchAlerts(db.pool, async () => {}, chunk);
const waiting = async () => (await undispatchedAlerts(db.pool, 100)).ids;

/** Which receivers hear of which class, as `class receiver`, sorted. */
async function heard(names: Record<string, string>): Promise<string[]> {
  const { rows } = await db.pool.query<{ class: string; receiver: string }>(
    'SELECT a.class, d.receiver_id AS receiver FROM delivery d JOIN alert a ON a.id = d.alert_id',
  );
  const nameOf = (id: string) => Object.keys(names).find((name) => names[name] === id);
  return rows.map((row) => `${row.class} ${nameOf(row.receiver)}`).sort();
}

describe('a dispatch', () => {
  test('[I36] makes a delivery for each receiver that subscribed, and says how many', async () => {
    const names = {
      everything: await makeReceiver(db.pool, { subscriptions: ['**'] }),
      removals: await makeReceiver(db.pool, { subscriptions: ['hardware.*.psu.remove'] }),
      tests: await makeReceiver(db.pool, { subscriptions: ['test.foo.*'] }),
      nothing: await makeReceiver(db.pool, { subscriptions: [] }),
    };
    const [removed] = await makeAlerts(db.pool, 1, 'hardware.power_shelf.psu.remove');
    await makeAlerts(db.pool, 1, 'hardware.power_shelf.psu.insert');
    await makeAlerts(db.pool, 1, 'test.foo.bar');
    const [lonely] = await makeAlerts(db.pool, 1, 'test.foo');
    expect(await dispatch()).toEqual({ dispatched: 4, undispatchable: [] });
    expect(await heard(names)).toEqual([
      'hardware.power_shelf.psu.insert everything',
      'hardware.power_shelf.psu.remove everything',
      'hardware.power_shelf.psu.remove removals',
      'test.foo.bar tests',
    ]);
    expect(await readAlert(db.pool, removed as string)).toMatchObject({ numDispatched: 2 });
    const told = await readAlert(db.pool, lonely as string);
    expect(told).toMatchObject({ numDispatched: 0, timeDispatched: expect.any(String) });
  });

  test('[I35] reaches a receiver once, by however many of its patterns', async () => {
    const subscriptions = ['test.foo', 'test.*', 'test.**'];
    const receiver = await makeReceiver(db.pool, { subscriptions });
    await makeAlerts(db.pool, 3);
    await dispatch();
    expect(await countRows(db.pool, 'delivery')).toBe(3);
    // Without one of them, the others still cover it.
    for (const left of [['test.*', 'test.**'], ['test.**']]) {
      await updateReceiver(db.pool, receiver, { subscriptions: left });
      await makeAlerts(db.pool, 1);
      await dispatch();
    }
    expect(await countRows(db.pool, 'delivery')).toBe(5);
    await updateReceiver(db.pool, receiver, { subscriptions: [] });
    await makeAlerts(db.pool, 1);
    await dispatch();
    expect(await countRows(db.pool, 'delivery')).toBe(5);
  });

  test('reaches an old glob with a class that is new', async () => {
    await makeReceiver(db.pool, { subscriptions: ['hardware.**'] });
    await makeAlerts(db.pool, 1, 'hardware.fan.that_nobody_knew_of');
    await dispatch();
    expect(await countRows(db.pool, 'delivery')).toBe(1);
  });

  test('names each receiver once a chunk, whatever number of alerts it hears of', async () => {
    const receivers = [await makeReceiver(db.pool), await makeReceiver(db.pool)].sort();
    const disabled = await makeReceiver(db.pool, { enabled: false });
    await makeAlerts(db.pool, 25);
    const woken = await dispatchAll(db.pool, 10);
    expect(woken.map((ids) => ids.toSorted())).toEqual([receivers, receivers, receivers]);
    expect(woken.flat()).not.toContain(disabled);
  });

  test('lists what comes for a disabled receiver as skipped', async () => {
    await makeReceiver(db.pool, { enabled: false });
    const [id] = await makeAlerts(db.pool, 1);
    expect(await dispatchAll(db.pool)).toEqual([[]]);
    expect(await statesIn(db.pool)).toEqual(['receiver-disabled']);
    expect(await readAlert(db.pool, id as string)).toMatchObject({ numDispatched: 0 });
  });

  test('with nothing to do writes nothing', async () => {
    await makeReceiver(db.pool);
    await makeAlerts(db.pool, 2);
    await dispatch();
    const before = await tableTexts(db.pool);
    expect(await dispatch()).toEqual({ dispatched: 0, undispatchable: [] });
    expect(await tableTexts(db.pool)).toEqual(before);
  });

  test.each([1, 3, 7, 100])('[I35] [I36] by sixteen at once in chunks of %i is done once', async (chunk) => {
    await makeReceiver(db.pool);
    await makeReceiver(db.pool);
    await makeAlerts(db.pool, 60);
    const results = await Promise.all(Array.from({ length: 16 }, () => dispatch(chunk)));
    const total = results.reduce((sum, { dispatched }) => sum + dispatched, 0);
    expect(total).toBe(60);
    expect(await countRows(db.pool, 'delivery')).toBe(120);
    expect(await waiting()).toEqual([]);
  });
});

describe('an alert that cannot be dispatched', () => {
  /** No delivery of it can be made: as a fault in the data would have it. */
  async function poison(ids: string[]): Promise<void> {
    await db.pool.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$`,
    );
    await db.pool.query(
      `CREATE TRIGGER refuse BEFORE INSERT ON delivery FOR EACH ROW
         WHEN (NEW.alert_id IN (${ids.map((id) => `'${id}'`).join()})) EXECUTE FUNCTION refuse()`,
    );
  }

  test.each([1, 4, 64])('blocks no other, in chunks of %i', async (chunk) => {
    await makeReceiver(db.pool);
    const ids = (await makeAlerts(db.pool, 30)).toSorted();
    const bad = [ids[0], ids[11], ids[12], ids[29]] as string[];
    await poison(bad);
    const { dispatched, undispatchable } = await dispatch(chunk);
    expect(dispatched).toBe(26);
    expect(undispatchable.map(({ alertId }) => alertId)).toEqual(bad);
    expect(undispatchable[0]?.error.message).toBe('not this one');
    expect(await countRows(db.pool, 'delivery')).toBe(26);
    expect(await waiting()).toEqual(bad);
    // Once it can be, it is.
    await db.pool.query('DROP TRIGGER refuse ON delivery');
    expect(await dispatch(chunk)).toEqual({ dispatched: 4, undispatchable: [] });
  });

  test('is not taken for one when Postgres has gone away', async () => {
    await makeReceiver(db.pool);
    await makeAlerts(db.pool, 2);
    await holding(db.pool, ['LOCK TABLE receiver'], async (client) => {
      const dispatching = dispatch().catch((error: unknown) => error);
      await untilBlocked(db.pool);
      await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(await dispatching).toMatchObject({ code: '57P01' });
    });
    expect(await waiting()).toHaveLength(2);
  });
});

describe('forced interleavings of a dispatch', () => {
  test('[I37] with a deletion of its alert: the deletion waits, and skips what was made', async () => {
    await makeReceiver(db.pool);
    const [id] = (await makeAlerts(db.pool, 1)) as [string];
    await holding(db.pool, [], async (client) => {
      await client.query(`SELECT dispatch_alert_chunk('00000000-0000-0000-0000-000000000000', 10)`);
      const deleting = deleteAlert(db.pool, id);
      await untilBlocked(db.pool);
      await client.query('COMMIT');
      expect(await deleting).toBe(true);
    });
    expect(await statesIn(db.pool)).toEqual(['alert-deleted']);
  });

  test('[I37] with a deletion that came first: it is passed over, and the others are dispatched', async () => {
    await makeReceiver(db.pool);
    const [gone] = (await makeAlerts(db.pool, 2)) as [string, string];
    await holding(db.pool, [`DELETE FROM alert WHERE id = '${gone}'`], async () => {
      expect(await dispatch()).toMatchObject({ dispatched: 1 });
    });
    expect(await dispatch()).toMatchObject({ dispatched: 0 });
    expect(await statesIn(db.pool)).toEqual(['pending']);
  });

  test('[I37] with a receiver that is disabled: either order leaves nothing pending', async () => {
    const receiver = await makeReceiver(db.pool);
    await makeAlerts(db.pool, 1);
    await holding(db.pool, [], async (client) => {
      await client.query(`SELECT dispatch_alert_chunk('00000000-0000-0000-0000-000000000000', 10)`);
      const disabling = disableReceiver(db.pool, receiver, 'operator', new Date());
      await untilBlocked(db.pool);
      await client.query('COMMIT');
      await disabling;
    });
    await updateReceiver(db.pool, receiver, { enabled: true });
    await makeAlerts(db.pool, 1);
    await holding(db.pool, [], async (client) => {
      await disableReceiver(client, receiver, 'operator', new Date());
      const dispatching = dispatch();
      await untilBlocked(db.pool);
      await client.query('COMMIT');
      expect(await dispatching).toMatchObject({ dispatched: 1 });
    });
    expect(await statesIn(db.pool)).toEqual(['receiver-disabled', 'receiver-disabled']);
  });

  test('with a receiver that is deleted: the alert goes to the others, at the first try', async () => {
    const gone = await makeReceiver(db.pool);
    const stays = await makeReceiver(db.pool);
    await makeAlerts(db.pool, 1);
    await holding(db.pool, [`DELETE FROM receiver WHERE id = '${gone}'`], async (client) => {
      const dispatching = dispatch();
      await untilBlocked(db.pool);
      await client.query('COMMIT');
      expect(await dispatching).toEqual({ dispatched: 1, undispatchable: [] });
    });
    expect((await deliveriesIn(db.pool)).map(({ receiver_id }) => receiver_id)).toEqual([stays]);
  });

  test('with a receiver that is deleted right after it: nothing of its deliveries is left', async () => {
    const gone = await makeReceiver(db.pool);
    await makeAlerts(db.pool, 2);
    await holding(db.pool, [], async (client) => {
      await client.query(`SELECT dispatch_alert_chunk('00000000-0000-0000-0000-000000000000', 10)`);
      const deleting = deleteReceiver(db.pool, gone);
      await untilBlocked(db.pool);
      await client.query('COMMIT');
      expect(await deleting).toBe(true);
    });
    expect(await countRows(db.pool, 'delivery')).toBe(0);
  });
});
