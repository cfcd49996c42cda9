import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { writeEreports } from '../../src/store/ereport.ts';
import { markableEreports, markSeen } from '../../src/store/mark-seen.ts';
import { setAside } from '../../src/store/set-aside.ts';
import { commit, insert } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aCase, aChildOf, aSitrep, type Sent } from '../support/document.ts';
import { ereportsOf, type SentEreport, taken } from '../support/ereports.ts';
import { checkInvariants, tableTexts } from '../support/invariants.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase();
});
afterEach(async () => {
  await checkInvariants(db.pool);
  await db.drop();
});

const caseOf = (...ereports: SentEreport[]) =>
  aCase({ ereports: ereports.map(({ restartId, ena }) => ({ restartId, ena })) });
const write = (...sent: SentEreport[]) => writeEreports(db.pool, sent.map(taken));

/** The sitrep in which each was seen first, in order of ENA. */
async function marks(): Promise<(string | null)[]> {
  const { rows } = await db.pool.query('SELECT marked_seen_in AS mark FROM ereport ORDER BY restart_id, ena');
  return rows.map(({ mark }) => mark);
}

describe('[I43] the ereports of the current sitrep', () => {
  test.each([1, 2, 3, 100])('are marked as seen, %i at a time, and the others are not', async (chunk) => {
    const sent = ereportsOf(newId(), 7);
    await write(...sent);
    const absent = ereportsOf(newId(), 1);
    // One is in two cases, and one of those assigned is not there.
    const cases = [caseOf(...sent.slice(0, 3)), caseOf(...sent.slice(2, 5), ...absent), aCase()];
    const head = aSitrep({ cases });
    await commit(db.pool, head);
    expect(await markableEreports(db.pool, false, 2)).toMatchObject({ count: 5, ids: { length: 2 } });
    const marking = await markSeen(db.pool, head.id, { chunk });
    expect(marking).toEqual({ kind: 'marked', examined: 7, marked: 5 });
    expect(await marks()).toEqual([...Array(5).fill(head.id), null, null]);
    expect(await markableEreports(db.pool, true, 2)).toEqual({ count: 0, ids: [] });
  });

  test('keep the mark of the sitrep that had them first', async () => {
    const sent = ereportsOf(newId(), 2);
    await write(...sent);
    const first = aSitrep({ cases: [caseOf(...sent.slice(0, 1))] });
    await commit(db.pool, first);
    await markSeen(db.pool, first.id);
    const second = aChildOf(first, { cases: [...first.cases, caseOf(...sent)] });
    await commit(db.pool, second);
    expect(await markSeen(db.pool, second.id)).toMatchObject({ examined: 3, marked: 1 });
    expect(await marks()).toEqual([first.id, second.id]);
  });

  test('are set aside no more, if an analysis had done that', async () => {
    const [sent] = ereportsOf(newId(), 1) as [SentEreport];
    await write(sent);
    await setAside(db.pool, [sent], 'not-understood');
    const head = aSitrep({ cases: [caseOf(sent)] });
    await commit(db.pool, head);
    await markSeen(db.pool, head.id);
    expect(await marks()).toEqual([head.id]);
  });

  test('are marked once by many at once', async () => {
    const sent = ereportsOf(newId(), 50);
    await write(...sent);
    const head = aSitrep({ cases: [caseOf(...sent)] });
    await commit(db.pool, head);
    const markings = await Promise.all(
      Array.from({ length: 8 }, () => markSeen(db.pool, head.id, { chunk: 7, thorough: true })),
    );
    // What a chunk has marked, later chunks of another one count from 0.
    expect(markings.reduce((sum, { marked }) => sum + marked, 0)).toBe(50);
  });
});

describe('a marking writes nothing', () => {
  let sent: SentEreport[];
  let head: Sent;
  beforeEach(async () => {
    sent = ereportsOf(newId(), 3);
    await write(...sent);
    head = aSitrep({ cases: [caseOf(...sent)] });
    await commit(db.pool, head);
  });

  test('[I43] for a sitrep that is not the head, never was, or is it no longer', async () => {
    const next = aChildOf(head, { cases: [] });
    await commit(db.pool, next);
    const lost = aChildOf(next, { cases: [caseOf(...sent)] });
    await insert(db.pool, lost);
    const before = await tableTexts(db.pool);
    for (const id of [head.id, lost.id, newId()]) {
      expect(await markSeen(db.pool, id)).toEqual({ kind: 'stale', examined: 0, marked: 0 });
    }
    expect(await tableTexts(db.pool)).toEqual(before);
  });

  test('when all is marked, be it thorough', async () => {
    await markSeen(db.pool, head.id);
    const before = await tableTexts(db.pool);
    expect(await markSeen(db.pool, head.id)).toEqual({ kind: 'marked', examined: 0, marked: 0 });
    expect(await markSeen(db.pool, head.id, { thorough: true })).toEqual({
      kind: 'marked',
      examined: 3,
      marked: 0,
    });
    expect(await tableTexts(db.pool)).toEqual(before);
  });
});

test('[I43] one that came later than its assignment is marked by a thorough marking only', async () => {
  const [first, late] = ereportsOf(newId(), 2) as [SentEreport, SentEreport];
  await write(first);
  const head = aSitrep({ cases: [caseOf(first, late)] });
  await commit(db.pool, head);
  await markSeen(db.pool, head.id);
  await write(late);
  await markSeen(db.pool, head.id);
  expect(await marks()).toEqual([head.id, null]);
  await markSeen(db.pool, head.id, { thorough: true });
  expect(await marks()).toEqual([head.id, head.id]);
});
