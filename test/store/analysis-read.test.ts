import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { readAnalysis } from '../../src/store/analysis-read.ts';
import { aReport, keepAnalysis, storedInputs } from '../support/analysis.ts';
import { commit } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aCase, aChildOf, aSitrep } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';

let db: TestDatabase;
const first = aSitrep();
const made = aChildOf(first, { cases: [...first.cases, aCase()] });
const current = aChildOf(made);
const inputs = storedInputs({ parentId: first.id, arrived: [{ restartId: newId(), ena: '0x1f' }] });
const report = aReport(made.id, { engines: [{ name: 'test', log: [], error: 'threw' }] });

beforeAll(async () => {
  db = await createDatabase();
  for (const sent of [first, made, current]) await commit(db.pool, sent);
  await keepAnalysis(db.pool, made.id, inputs, report);
});
afterAll(async () => {
  await checkInvariants(db.pool);
  await db.drop();
});

describe('what is kept of an analysis', () => {
  test.each([
    ['the id', { id: made.id }],
    ['the version', { version: 2 }],
  ])('is read by %s of the sitrep that it made', async (_, ref) => {
    const analysis = {
      sitrepId: made.id,
      timeCreated: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      inputs,
      report,
    };
    expect(await readAnalysis(db.pool, ref)).toEqual({ kind: 'analysis', analysis });
  });

  test('is nothing of a sitrep that somebody else made', async () => {
    expect(await readAnalysis(db.pool, { version: 1 })).toEqual({ kind: 'notAnalysis', sitrepId: first.id });
    expect(await readAnalysis(db.pool, 'current')).toEqual({ kind: 'notAnalysis', sitrepId: current.id });
  });

  test('is there as soon as its sitrep is submitted, which may never be inserted', async () => {
    const submitted = newId();
    await keepAnalysis(db.pool, submitted);
    expect(await readAnalysis(db.pool, { id: submitted })).toMatchObject({
      analysis: { sitrepId: submitted },
    });
    await db.pool.query('DELETE FROM fm_analysis WHERE sitrep_id = $1', [submitted]);
  });

  test('is told from a sitrep that is not there at all', async () => {
    for (const ref of [{ id: newId() }, { version: 4 }]) {
      expect(await readAnalysis(db.pool, ref)).toEqual({ kind: 'noSitrep' });
    }
  });
});
