import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SetAside } from '../../src/model/ereport.ts';
import { newId } from '../../src/model/id.ts';
import { writeEreports } from '../../src/store/ereport.ts';
import { markSeen } from '../../src/store/mark-seen.ts';
import { setAside } from '../../src/store/set-aside.ts';
import { commit } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aCase, aSitrep } from '../support/document.ts';
import { ereportsOf, type SentEreport, taken } from '../support/ereports.ts';
import { checkInvariants } from '../support/invariants.ts';

let db: TestDatabase;
let sent: SentEreport[];
beforeEach(async () => {
  db = await createDatabase();
  sent = ereportsOf(newId(), 5);
  await writeEreports(db.pool, sent.map(taken));
});
afterEach(async () => {
  await checkInvariants(db.pool);
  await db.drop();
});

/** What became of each, in the order in which they are read. */
async function queue(): Promise<string[]> {
  const { rows } = await db.pool.query(
    `SELECT ena || ' ' || coalesce(set_aside, CASE WHEN marked_seen_in IS NULL THEN 'unread' ELSE 'seen' END) AS line
       FROM ereport ORDER BY read_order`,
  );
  return rows.map(({ line }) => line);
}

test.each([1, 2, 100])('what an analysis has read leaves the queue, %i at a time', async (chunk) => {
  await setAside(db.pool, sent.slice(0, 2), 'ignored', chunk);
  await setAside(db.pool, sent.slice(2, 3), 'not-understood', chunk);
  expect((await queue()).sort()).toEqual([
    '1 ignored',
    '2 ignored',
    '3 not-understood',
    '4 unread',
    '5 unread',
  ]);
});

test('[I46] what is undecided once more goes to the end', async () => {
  await setAside(db.pool, sent, 'undecided', 1);
  await setAside(db.pool, sent.slice(1, 2), 'undecided');
  expect((await queue()).map((line) => line[0]).join('')).toBe('13452');
});

test('what is decided stays as it is, also where a late analysis says otherwise; what was undecided does not', async () => {
  const each: SetAside[] = ['ignored', 'not-understood', 'undecided'];
  for (const first of each) {
    await db.pool.query('UPDATE ereport SET set_aside = NULL');
    for (const then of each) {
      const one = sent.slice(0, 1);
      await db.pool.query('UPDATE ereport SET set_aside = NULL');
      await setAside(db.pool, one, first);
      await setAside(db.pool, one, then);
      expect(await queue()).toContain(`1 ${first === 'undecided' ? then : first}`);
    }
  }
});

test('[I43] what is seen is not set aside, whoever comes first', async () => {
  const many = ereportsOf(newId(), 400);
  await writeEreports(db.pool, many.map(taken));
  const ereports = many.map(({ restartId, ena }) => ({ restartId, ena }));
  const head = aSitrep({ cases: [aCase({ ereports })] });
  await commit(db.pool, head);
  await Promise.all([
    markSeen(db.pool, head.id, { chunk: 20 }),
    setAside(db.pool, many.toReversed(), 'ignored', 30),
    setAside(db.pool, many, 'undecided', 10),
  ]);
  const lines = await queue();
  expect(lines.filter((line) => line.endsWith(' seen'))).toHaveLength(400);
});
