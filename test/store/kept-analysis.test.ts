import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { powerShelf } from '../../src/diagnosis/engines/power-shelf.ts';
import { newId } from '../../src/model/id.ts';
import type { SitrepDocument } from '../../src/model/sitrep.ts';
import { ereportsByName } from '../../src/store/ereports-by-name.ts';
import { type KeptAnalysis, keptVersion } from '../../src/store/kept-analysis.ts';
import { deleteSitreps } from '../../src/store/sitrep-delete.ts';
import { readDocument } from '../../src/store/sitrep-document.ts';
import { psu } from '../diagnosis/ereports.ts';
import { commit } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { Diagnosed } from '../support/diagnosed.ts';
import { aCase, aChildOf, aRequest, aSitrep, submissionOf } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';

let db: TestDatabase;
let history: Diagnosed;
let first: SitrepDocument;
let second: SitrepDocument;

const fourth = psu({ kind: 'removed', slot: 4 });
const fifth = psu({ kind: 'removed', slot: 5, nth: 2 });

beforeAll(async () => {
  db = await createDatabase();
  history = new Diagnosed(db.pool);
  first = await history.hear([powerShelf], fourth);
  second = await history.hear([powerShelf], fifth);
});
afterAll(async () => {
  await checkInvariants(db.pool);
  await db.drop();
});

async function analysisOf(version: number): Promise<KeptAnalysis> {
  const found = await keptVersion(db.pool, version);
  if (found?.version !== version) throw new Error(`There is no version ${version}.`);
  return found.analysis;
}

/** Changes what is kept of a version, and says what is read then. */
async function kindWith(change: string, values: unknown[] = [], version = 2): Promise<KeptAnalysis['kind']> {
  const its = `sitrep_id = (SELECT sitrep_id FROM fm_sitrep_history WHERE version = ${version})`;
  const { rows } = await db.pool.query(`SELECT inputs FROM fm_analysis WHERE ${its}`);
  await db.pool.query(`UPDATE fm_analysis SET inputs = ${change} WHERE ${its}`, values);
  const { kind } = await analysisOf(version);
  await db.pool.query(`UPDATE fm_analysis SET inputs = $1 WHERE ${its}`, [rows[0].inputs]);
  return kind;
}

/** The tests move history on, one after the other. */
describe('what an analysis depended on', () => {
  test('is read whole: the parent, what arrived, and the ereports of open cases with their bodies', async () => {
    expect(await analysisOf(1)).toMatchObject({ kind: 'kept', document: first, inputs: { parent: null } });
    expect(await analysisOf(2)).toEqual({
      kind: 'kept',
      document: second,
      configurationVersion: 0,
      inputs: {
        time: '2026-11-20T12:00:00.000Z',
        parent: first,
        arrived: await ereportsByName(db.pool, [fifth]),
        assigned: await ereportsByName(db.pool, [fourth]),
        unmarked: [{ restartId: fourth.restartId, ena: fourth.ena }],
        metRequests: [],
        restarts: [expect.objectContaining({ timeLatest: '2026-11-20T12:00:00.000Z' })],
      },
    });
  });

  test.each([
    ['has no time', `inputs - 'time'`],
    ['has another form', `jsonb_set(inputs, '{arrived}', '{"all": true}')`],
    ['names what cannot be an ereport', `jsonb_set(inputs, '{arrived}', '[{"restartId": "1", "ena": "x"}]')`],
  ])('cannot be read where what is stored %s', async (_, change) => {
    expect(await kindWith(change)).toBe('unreadable');
  });

  test('is not whole without an ereport that it read', async () => {
    const unknown = JSON.stringify([{ restartId: newId(), ena: '0x1' }]);
    expect(await kindWith(`jsonb_set(inputs, '{arrived}', $1)`, [unknown])).toBe('ereportsGone');
  });

  test('is not there of a sitrep that somebody else made', async () => {
    const never = { restartId: newId(), ena: '0x1' };
    await history.follow(aSitrep({ parentId: second.id, cases: [aCase({ ereports: [never] })] }));
    expect((await analysisOf(3)).kind).toBe('notAnalysis');
  });

  test('is without ereports of open cases that were missing then; it is not whole without others', async () => {
    await history.hear([powerShelf], psu({ kind: 'removed', slot: 3, nth: 3 }));
    expect(await analysisOf(4)).toMatchObject({ kind: 'kept', inputs: { assigned: [] } });
    expect(await kindWith(`jsonb_set(inputs, '{missing}', '[]')`, [], 4)).toBe('ereportsGone');
  });

  test('is not whole once the parent was collected; of pruned versions the next is read that is there', async () => {
    const last = history.current as SitrepDocument;
    await commit(db.pool, aChildOf(last), 4);
    await deleteSitreps(db.pool, [{ id: first.id, lifecycleOpen: false }]);
    expect(await keptVersion(db.pool, 1)).toEqual({
      version: 2,
      sitrepId: second.id,
      analysis: { kind: 'parentCollected' },
    });
  });

  test('is nothing beyond the current version', async () => {
    expect(await keptVersion(db.pool, 6)).toBeNull();
  });
});

test('what an analysis depended on is without the ereports of cases that were closed in the parent', async () => {
  const own = await createDatabase();
  try {
    const story = new Diagnosed(own.pool);
    await story.hear([powerShelf], fourth);
    await story.hear([powerShelf], psu({ kind: 'inserted', slot: 4, nth: 2 }));
    const third = await story.hear([powerShelf], psu({ kind: 'removed', slot: 5, nth: 3 }));
    expect(third.cases.map(({ closed }) => closed).toSorted()).toEqual([false, true]);
    expect(await keptVersion(own.pool, 3)).toMatchObject({
      analysis: { kind: 'kept', inputs: { assigned: [] } },
    });
  } finally {
    await own.drop();
  }
});

test('a document is read in its normal form, as it was submitted', async () => {
  const own = await createDatabase();
  try {
    const restartId = newId();
    const assigned = (ena: string) => ({ restartId, ena, comment: `as ${ena}` });
    const sent = aSitrep({
      comment: 'all there is',
      cases: [
        aCase({
          comment: '☃',
          closed: true,
          ereports: [assigned('0xffffffffffffffff'), assigned('0x9'), assigned('0x10')],
          alertRequests: [aRequest({ payload: { b: 1, a: [null] } }), aRequest({ comment: 'why' })],
        }),
        aCase(),
      ].reverse(),
    });
    await commit(own.pool, sent);
    expect(await readDocument(own.pool, sent.id)).toEqual(submissionOf(sent).document);
    expect(await readDocument(own.pool, newId())).toBeNull();
  } finally {
    await own.drop();
  }
});

test('ereports are read by name, in the order of their names, those that are there', async () => {
  const twice = [fifth, { restartId: newId(), ena: '0x1' }];
  expect((await ereportsByName(db.pool, twice)).map(({ ena }) => ena)).toEqual([fifth.ena]);
  expect(await ereportsByName(db.pool, [])).toEqual([]);
});

test('ereports are read by name as they were reported, whatever became of them since', async () => {
  const before = await ereportsByName(db.pool, [fourth]);
  await db.pool.query('UPDATE ereport SET marked_seen_in = $1 WHERE restart_id = $2 AND ena = 1', [
    second.id,
    fourth.restartId,
  ]);
  expect(before).toHaveLength(1);
  expect(await ereportsByName(db.pool, [fourth])).toEqual(before);
});
