import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeEreports } from '../../src/store/ereport.ts';
import { markSeen } from '../../src/store/mark-seen.ts';
import { rendezvous } from '../../src/store/rendezvous.ts';
import { readStanding } from '../../src/store/standing.ts';
import { submit } from '../../src/store/submission.ts';
import { commit, insert } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aChildOf, aSitrep, submissionOf } from '../support/document.ts';
import { ereportsOf, taken } from '../support/ereports.ts';
import { dispatchAll, makeAlerts, makeReceiver } from '../support/receivers.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase({ max: 1 });
});
afterEach(() => db.drop());

const HOUR = 3_600;
const longAgo = (table: string, column: string, where = 'true') =>
  db.pool.query(`UPDATE ${table} SET ${column} = now() - interval '1 hour' WHERE ${where}`);

test('while there is nothing, nothing waits and nothing has an age', async () => {
  const nothing = { count: 0, oldestAgeSeconds: null };
  expect(await readStanding(db.pool)).toEqual({
    head: null,
    sitreps: { submitted: 0, inserted: 0, current: 0, superseded: 0, released: 0, orphaned: 0 },
    rendezvousLagSeconds: { alert: 0, ereport: 0 },
    undispatched: nothing,
    pending: nothing,
    overdueSeconds: 0,
    receivers: { enabled: 0, failing: 0, disabled: 0 },
    unread: nothing,
    undecided: nothing,
  });
});

test('sitreps are counted in each of their states, and versions of history', async () => {
  const first = aSitrep();
  const second = aChildOf(first);
  const third = aChildOf(second);
  await commit(db.pool, first);
  await insert(db.pool, aChildOf(first));
  await commit(db.pool, second);
  await commit(db.pool, third, 2);
  await insert(db.pool, aChildOf(third));
  await submit(db.pool, submissionOf(aChildOf(third)));
  const { head, sitreps } = await readStanding(db.pool);
  expect(head).toMatchObject({ version: 3, versionsKept: 2 });
  expect(sitreps).toEqual({ submitted: 1, inserted: 1, current: 1, superseded: 1, released: 1, orphaned: 1 });
});

test('the current sitrep lags until its alerts are made, and until its ereports are marked', async () => {
  const sitrep = aSitrep();
  await commit(db.pool, sitrep);
  await longAgo('fm_sitrep_history', 'time_made_current');
  const lag = async () => (await readStanding(db.pool)).rendezvousLagSeconds;
  expect(await lag()).toEqual({ alert: expect.closeTo(HOUR, -2), ereport: expect.closeTo(HOUR, -2) });
  await rendezvous(db.pool, sitrep.id);
  expect(await lag()).toEqual({ alert: 0, ereport: expect.closeTo(HOUR, -2) });
  await markSeen(db.pool, sitrep.id);
  expect(await lag()).toEqual({ alert: 0, ereport: 0 });
});

test('alerts wait to be told of, then their deliveries; what is due for a receiver that is enabled is overdue', async () => {
  const receiver = await makeReceiver(db.pool);
  const disabled = await makeReceiver(db.pool, { enabled: false });
  await makeReceiver(db.pool, { subscriptions: [] });
  await makeAlerts(db.pool, 3);
  await longAgo('alert', 'time_created', 'id = (SELECT max(id::text)::uuid FROM alert)');
  const old = expect.closeTo(HOUR, -2);
  expect(await readStanding(db.pool)).toMatchObject({
    undispatched: { count: 3, oldestAgeSeconds: old },
    pending: { count: 0 },
  });
  await dispatchAll(db.pool);
  await longAgo('delivery', 'time_due', `state = 'pending'`);
  await longAgo('delivery', 'time_created');
  await db.pool.query('UPDATE receiver SET failing_since = now() WHERE id = $1', [receiver]);
  expect(await readStanding(db.pool)).toMatchObject({
    undispatched: { count: 0, oldestAgeSeconds: null },
    pending: { count: 3, oldestAgeSeconds: old },
    overdueSeconds: old,
    receivers: { enabled: 1, failing: 1, disabled: 1 },
  });
  await db.pool.query(`UPDATE delivery SET time_due = now() + interval '1 hour' WHERE receiver_id <> $1`, [
    disabled,
  ]);
  expect((await readStanding(db.pool)).overdueSeconds).toBe(0);
});

test('ereports wait to be read, or to be read again', async () => {
  await writeEreports(db.pool, ereportsOf('0191d8e0-0000-7000-8000-000000000001', 3).map(taken));
  await longAgo('ereport', 'time_collected');
  await db.pool.query(`UPDATE ereport SET set_aside = 'undecided' WHERE ena = 1`);
  await db.pool.query(`UPDATE ereport SET set_aside = 'ignored' WHERE ena = 2`);
  const { unread, undecided } = await readStanding(db.pool);
  expect(unread).toEqual({ count: 1, oldestAgeSeconds: expect.closeTo(HOUR, -2) });
  expect(undecided.count).toBe(1);
});

test('however much there is, no more is counted than the limit, and no table is read whole', async () => {
  await makeReceiver(db.pool);
  await makeAlerts(db.pool, 5_000);
  await dispatchAll(db.pool);
  await makeAlerts(db.pool, 50, 'test.bar');
  await db.pool.query(`UPDATE delivery SET state = 'delivered', time_ended = now()`);
  await db.pool.query(
    `UPDATE delivery SET state = 'pending', time_ended = NULL WHERE id IN (SELECT id FROM delivery LIMIT 50)`,
  );
  await writeEreports(db.pool, ereportsOf('0191d8e0-0000-7000-8000-000000000001', 2_000).map(taken));
  await db.pool.query(`UPDATE ereport SET set_aside = 'ignored' WHERE ena > 50`);
  await commit(db.pool, aSitrep());
  await db.pool.query('ANALYZE');
  const read = await tuplesReadWhole();
  const standing = await readStanding(db.pool, 20);
  expect(standing).toMatchObject({
    undispatched: { count: 20 },
    pending: { count: 20 },
    unread: { count: 20 },
  });
  expect(await tuplesReadWhole()).toEqual(read);
});

async function tuplesReadWhole(): Promise<Record<string, number>> {
  await db.pool.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await db.pool.query<{ relname: string; read: number }>(
    `SELECT relname, seq_tup_read::int AS read FROM pg_stat_user_tables
      WHERE relname IN ('alert', 'delivery', 'ereport', 'fm_sitrep', 'fm_sitrep_history', 'sitrep_submission')`,
  );
  return Object.fromEntries(rows.map(({ relname, read }) => [relname, read]));
}
