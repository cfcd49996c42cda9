import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { caseOf } from '../../src/model/submission.ts';
import { readForAnalysis } from '../../src/store/analysis-inputs.ts';
import { writeEreports } from '../../src/store/ereport.ts';
import { markSeen } from '../../src/store/mark-seen.ts';
import { rendezvous } from '../../src/store/rendezvous.ts';
import { setAside } from '../../src/store/set-aside.ts';
import { commit } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aCase, aRequest, aSitrep, submissionOf } from '../support/document.ts';
import { anEreport, ereportsOf, type SentEreport, taken } from '../support/ereports.ts';
import { checkInvariants } from '../support/invariants.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase();
});
afterEach(async () => {
  await checkInvariants(db.pool);
  await db.drop();
});

const write = (...sent: SentEreport[]) => writeEreports(db.pool, sent.map(taken));
const read = (reach: Partial<Parameters<typeof readForAnalysis>[1]> = {}) =>
  readForAnalysis(db.pool, { most: 100, undecided: 0, ...reach });
const idOf = ({ restartId, ena }: SentEreport) => ({ restartId, ena: `0x${Number(ena).toString(16)}` });
const casesWith = (...ereports: SentEreport[]) => aCase({ ereports: ereports.map(idOf) });

test('with no history there is no parent, and all that was reported is new', async () => {
  const sent = anEreport({ serialNumber: 'S1', body: { k: 'a.b', n: 1 } });
  await write(sent);
  expect(await read()).toEqual({
    parent: null,
    arrived: [
      {
        ...idOf(sent),
        reporter: { type: 'source', source: 'test' },
        class: 'a.b',
        serialNumber: 'S1',
        partNumber: null,
        timeCollected: '2026-11-20T08:10:27.512000Z',
        body: { k: 'a.b', n: 1 },
      },
    ],
    again: false,
    more: false,
    assigned: [],
    missing: [],
    unmarked: [],
    metRequests: [],
    restarts: [{ restartId: sent.restartId, timeLatest: '2026-11-20T08:10:27.512000Z' }],
    cameLate: false,
  });
});

test('of the parent it is told what is open, what is not there, what is not marked, and what closed cases have met', async () => {
  const [inOpen, inClosed, seen, fresh] = ereportsOf(newId(), 4) as [
    SentEreport,
    SentEreport,
    SentEreport,
    SentEreport,
  ];
  const absent = anEreport();
  await write(inOpen, inClosed, seen, fresh);
  const met = aRequest();
  const first = aSitrep({ cases: [casesWith(seen)] });
  await commit(db.pool, first);
  await markSeen(db.pool, first.id);
  const [seenCase] = first.cases as [(typeof first.cases)[number]];
  const closed = { ...casesWith(inClosed), closed: true, alertRequests: [met] };
  const second = aSitrep({
    parentId: first.id,
    cases: [seenCase, casesWith(inOpen, absent), closed, aCase({ alertRequests: [aRequest()] })],
  });
  await commit(db.pool, second);
  await rendezvous(db.pool, second.id);
  const readings = await read();
  expect(readings.parent?.id).toBe(second.id);
  expect(readings.parent?.cases).toEqual(submissionOf(second).document.cases.map(caseOf));
  expect(readings.arrived.map(({ ena }) => ena)).toEqual([idOf(fresh).ena]);
  expect(readings.assigned.map(({ ena }) => ena).sort()).toEqual([inOpen, seen].map((one) => idOf(one).ena));
  expect(readings.missing).toEqual([idOf(absent)]);
  expect(readings.unmarked.map(({ ena }) => ena).sort()).toEqual(
    [inOpen, inClosed].map((one) => idOf(one).ena),
  );
  expect(readings.metRequests).toEqual([met.id]);
  expect(readings.cameLate).toBe(false);
});

describe('[I46] what waits is read', () => {
  test('in the order in which it came, whatever the restart ids, and however many come from one reporter', async () => {
    const [low, high] = [newId(), newId()].sort() as [string, string];
    await write(...ereportsOf(high, 1));
    await write(...ereportsOf(low, 50));
    const { arrived, more } = await read({ most: 3 });
    expect(arrived.map(({ restartId }) => restartId)).toEqual([high, low, low]);
    expect(more).toBe(true);
    expect(await read({ most: 51 })).toMatchObject({ arrived: { length: 51 }, more: false });
  });

  test.each([1, 2, 7, 100])('past what the parent has and is not marked yet, %i at a time', async (page) => {
    const sent = ereportsOf(newId(), 20);
    await write(...sent);
    await commit(db.pool, aSitrep({ cases: [casesWith(...sent.slice(0, 15))] }));
    expect((await read({ page, most: 3 })).arrived.map(({ ena }) => Number(ena))).toEqual([16, 17, 18]);
    expect(await read({ page })).toMatchObject({ arrived: { length: 5 }, more: false, cameLate: false });
  });

  test('up to so many bytes, but one at least', async () => {
    const body = { k: 'test.happened', text: 'x'.repeat(1_000) };
    await write(...ereportsOf(newId(), 5, { body }));
    expect(await read({ bytes: 2_500 })).toMatchObject({ arrived: { length: 2 }, more: true });
    expect(await read({ bytes: 10 })).toMatchObject({ arrived: { length: 1 }, more: true });
  });

  test('apart from what is undecided, which is read again when that is asked for, and then alone', async () => {
    const sent = ereportsOf(newId(), 6);
    await write(...sent);
    await setAside(db.pool, sent.slice(0, 1), 'ignored');
    await setAside(db.pool, sent.slice(1, 4), 'undecided');
    const enas = async (undecided: number) => {
      const { arrived, again, more } = await read({ undecided });
      return { enas: arrived.map(({ ena }) => Number(ena)), again, more };
    };
    expect(await enas(0)).toEqual({ enas: [5, 6], again: false, more: false });
    expect(await enas(2)).toEqual({ enas: [2, 3], again: true, more: true });
    await setAside(db.pool, sent.slice(1, 4), 'not-understood');
    expect(await enas(2)).toEqual({ enas: [5, 6], again: false, more: false });
  });
});

test('[I43] what came after its mark could be set is noticed', async () => {
  const sent = anEreport();
  const head = aSitrep({ cases: [casesWith(sent)] });
  await commit(db.pool, head);
  await write(sent);
  expect((await read()).cameLate).toBe(false);
  await db.pool.query('DELETE FROM ereport');
  await markSeen(db.pool, head.id);
  await write(sent);
  expect(await read()).toMatchObject({ cameLate: true, arrived: [] });
});
