import { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createActivities } from '../../src/activities/index.ts';
import type { Engine } from '../../src/diagnosis/engine.ts';
import type { AnalysisRound } from '../../src/model/analysis-workflow.ts';
import type { Ereport } from '../../src/model/ereport.ts';
import { newId } from '../../src/model/id.ts';
import type { LifecycleStart } from '../../src/model/lifecycle.ts';
import { readSettings } from '../../src/model/settings.ts';
import { submitAnalysis } from '../../src/store/analysis.ts';
import { writeEreports } from '../../src/store/ereport.ts';
import { makeCurrent } from '../../src/store/make-current.ts';
import { markSeen } from '../../src/store/mark-seen.ts';
import { rendezvous } from '../../src/store/rendezvous.ts';
import { insertSitrep } from '../../src/store/sitrep-insert.ts';
import { readSitrep } from '../../src/store/sitrep-read.ts';
import { psu } from '../diagnosis/ereports.ts';
import { bring, takeAway } from '../support/alert-classes.ts';
import { commit, countRows, KEEP } from '../support/commit.ts';
import { configure } from '../support/configuration.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aCase, aRequest, aSitrep, submissionOf } from '../support/document.ts';
import { anEreport, ereportsOf, taken } from '../support/ereports.ts';
import { checkInvariants, tableTexts } from '../support/invariants.ts';

// One analysis after another, on a real Postgres; nobody here starts a lifecycle, so a sitrep becomes current step by step.

let db: TestDatabase;
let nowMs: number;
beforeEach(async () => {
  db = await createDatabase();
  nowMs = Date.parse('2026-11-20T13:00:00Z');
});
afterEach(async () => {
  await checkInvariants(db.pool);
  await db.drop();
});

function analyse({ engines = [], retry = 0 }: { engines?: Engine[]; retry?: number } = {}) {
  const client = new Client();
  const activities = createActivities({ pool: db.pool, client, settings: readSettings({}), engines });
  return new MockActivityEnvironment().run<[], AnalysisRound, () => Promise<AnalysisRound>>(() =>
    activities.analyse(nowMs, retry),
  );
}

const write = (...ereports: unknown[]) => writeEreports(db.pool, ereports.map(taken));
/** As a client sends what a machine reported. */
const aPsu = (...story: Parameters<typeof psu>) => psu(...story) as unknown as Ereport;

function startOf(round: AnalysisRound): LifecycleStart {
  if (round.kind !== 'changed') throw new Error(`There is no sitrep: ${JSON.stringify(round)}`);
  return round.start;
}

/** What the lifecycle of the sitrep does until it is current and all is met. */
async function becomeCurrent(round: AnalysisRound): Promise<string> {
  const { sitrepId, digest, parentId } = startOf(round);
  expect(await insertSitrep(db.pool, sitrepId, digest)).toMatchObject({ kind: 'inserted' });
  expect(await makeCurrent(db.pool, sitrepId, parentId, KEEP)).toMatchObject({ kind: 'current' });
  await rendezvous(db.pool, sitrepId);
  await markSeen(db.pool, sitrepId);
  return sitrepId;
}

/** Analyses, and lets what is made become current, until nothing changes any more. */
async function settle(engines: Engine[] = []): Promise<void> {
  for (;;) {
    nowMs += 1;
    const round = await analyse({ engines });
    if (round.kind !== 'changed') return;
    await becomeCurrent(round);
  }
}

async function setAsideAs(): Promise<(string | null)[]> {
  const { rows } = await db.pool.query('SELECT set_aside AS how FROM ereport ORDER BY restart_id, ena');
  return rows.map(({ how }) => how);
}

/** An engine that reads these classes, and does that with each new ereport. */
function anEngine(each: (ereport: { body: unknown }) => void, classes = ['fan.**']): Engine {
  return {
    name: 'fans',
    classes,
    analyze: (analysis) => {
      for (const ereport of analysis.newEreports) {
        each(ereport);
        analysis.openCase('A fan').addEreport(ereport);
      }
    },
  };
}

describe('[I44] the same analysis', () => {
  test('run again comes to the same document, and changes nothing but when it was submitted', async () => {
    await write(aPsu({ kind: 'removed' }));
    const first = await analyse();
    const before = await tableTexts(db.pool);
    const second = await analyse();
    expect(second).toEqual(first);
    const after = await tableTexts(db.pool);
    expect({ ...after, sitrep_submission: [] }).toEqual({ ...before, sitrep_submission: [] });
    expect(await countRows(db.pool, 'sitrep_submission')).toBe(1);
    expect(await countRows(db.pool, 'fm_analysis')).toBe(1);
  });

  test('of ereports in whatever order they came comes to the same document', async () => {
    const ereports = [1, 2, 3, 4].map((nth) => aPsu({ kind: 'removed', nth, slot: nth }));
    const ids = new Set<string>();
    for (const some of [ereports, ereports.toReversed()]) {
      await db.pool.query('DELETE FROM ereport; DELETE FROM ereporter_restart');
      for (const one of some) await write(one);
      const round = await analyse();
      ids.add(round.kind === 'changed' ? `${round.start.sitrepId} ${round.start.digest}` : 'none');
    }
    expect(ids.size).toBe(1);
  });

  test('that comes late, when what it made is long current, lays nothing down again', async () => {
    await write(aPsu({ kind: 'removed' }));
    const round = await analyse();
    const { rows } = await db.pool.query('SELECT document FROM sitrep_submission');
    await becomeCurrent(round);
    const before = await tableTexts(db.pool);
    const submission = submissionOf(JSON.parse(rows[0].document));
    await submitAnalysis(db.pool, submission, { inputs: {}, report: {} });
    expect(await tableTexts(db.pool)).toEqual(before);
  });

  test('of any story, told in any pieces, leads to the same open cases', { timeout: 120_000 }, async () => {
    const story = [
      aPsu({ kind: 'removed', nth: 1, slot: 1 }),
      aPsu({ kind: 'removed', nth: 2, slot: 2 }),
      aPsu({ kind: 'inserted', nth: 3, slot: 1 }),
      aPsu({ kind: 'removed', nth: 4, slot: 3 }),
      aPsu({ kind: 'inserted', nth: 5, slot: 3 }),
    ];
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: story.length - 1 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        const own = await createDatabase();
        const shared = db;
        db = own;
        try {
          const bounds = [0, ...at.toSorted((a, b) => a - b), story.length];
          for (const [index, from] of bounds.slice(0, -1).entries()) {
            await write(...story.slice(from, bounds[index + 1]));
            await settle();
          }
          const { cases } = (await readSitrep(db.pool, 'current')) ?? { cases: [] };
          expect(cases.map(({ comment, closed }) => ({ comment, closed }))).toEqual([
            { comment: expect.stringContaining('2'), closed: false },
          ]);
          expect(await countRows(db.pool, 'alert')).toBe(5);
          expect(await countRows(db.pool, 'ereport WHERE marked_seen_in IS NULL')).toBe(0);
          await checkInvariants(db.pool);
        } finally {
          db = shared;
          await own.drop();
        }
      }),
      { numRuns: 5, seed: 7 },
    );
  });
});

describe('[I45] where no case has changed', () => {
  test('there is no sitrep, whatever was read', async () => {
    await write(anEreport({ class: 'nobody.reads.this' }));
    expect(await analyse()).toMatchObject({ kind: 'unchanged', read: 1, notUnderstood: 1 });
    for (const table of ['sitrep_submission', 'fm_analysis', 'fm_sitrep']) {
      expect(await countRows(db.pool, table)).toBe(0);
    }
    expect(await analyse()).toMatchObject({ kind: 'unchanged', read: 0 });
  });

  test('the parent stays, also one that somebody submitted by hand', async () => {
    await commit(db.pool, aSitrep({ cases: [aCase()] }));
    expect(await analyse()).toMatchObject({ kind: 'unchanged' });
  });
});

describe('[I46] an engine that throws', () => {
  const POISON = { poison: true };
  const fails = anEngine(({ body }) => {
    if (typeof body === 'object' && body !== null && 'poison' in body) throw new Error('Poisoned.\nBadly.');
  });

  test('keeps what it might have read undecided, and nothing else from being read', async () => {
    await write(...ereportsOf(newId(), 3, { class: 'fan.stopped', body: POISON }));
    await write(aPsu({ kind: 'removed' }));
    const round = await analyse({ engines: [fails] });
    expect(round).toMatchObject({
      kind: 'changed',
      read: 4,
      undecided: 3,
      failed: [{ engine: 'fans', error: 'Error: Poisoned.' }],
    });
    await becomeCurrent(round);
    await write(...ereportsOf(newId(), 2, { class: 'fan.stopped' }));
    const next = await analyse({ engines: [fails] });
    expect(next).toMatchObject({ kind: 'changed', read: 2, undecided: 0 });
    await becomeCurrent(next);
    expect((await readSitrep(db.pool, 'current'))?.cases).toHaveLength(3);
  });

  test('reads it again when that is asked for: mended, it makes up for all of it', async () => {
    await write(...ereportsOf(newId(), 5, { class: 'fan.stopped', body: POISON }));
    await analyse({ engines: [fails] });
    expect(await analyse({ engines: [fails], retry: 2 })).toMatchObject({
      kind: 'unchanged',
      read: 2,
      again: true,
      undecided: 2,
      more: true,
    });
    const mended = [anEngine(() => {})];
    const round = await analyse({ engines: mended, retry: 100 });
    expect(round).toMatchObject({ kind: 'changed', read: 5, again: true, undecided: 0 });
    await becomeCurrent(round);
    expect(await setAsideAs()).toEqual(Array(5).fill(null));
    expect(await analyse({ engines: mended, retry: 100 })).toMatchObject({ again: false, read: 0 });
  });

  test('has the one that it fails at alone in the end, and all others read', async () => {
    const restart = newId();
    await write(...ereportsOf(restart, 20, { class: 'fan.stopped' }));
    await db.pool.query(`UPDATE ereport SET body = '{"poison": true}' WHERE ena = 13`);
    await analyse({ engines: [fails] });
    let retry = 100;
    for (let rounds = 0; rounds < 60; rounds++) {
      nowMs += 1;
      const round = await analyse({ engines: [fails], retry });
      if (round.kind === 'changed') await becomeCurrent(round);
      if ('again' in round && round.again) {
        retry = round.undecided === 0 ? retry * 2 : Math.max(1, Math.ceil(round.read / 2));
      }
    }
    const { rows } = await db.pool.query(`SELECT ena FROM ereport WHERE marked_seen_in IS NULL`);
    expect(rows).toEqual([{ ena: '13' }]);
    expect(await setAsideAs()).toContain('undecided');
  });
});

describe('[I46] what engines make that is not valid', () => {
  const schema = z.object({});
  /** As nobody has made its class known in this process, no request for it is valid. It asks by itself, with no ereport. */
  const unheardOf: Engine = {
    name: 'unheard_of',
    classes: ['fan.**'],
    alertClasses: { 'test_only.unheard_of': { description: 'x', versions: { 0: schema } } },
    analyze: (analysis) => {
      const oneCase = analysis.openCase('A fan');
      for (const ereport of analysis.newEreports) oneCase.addEreport(ereport);
      oneCase.requestAlert({ class: 'test_only.unheard_of', version: 0, schema }, {});
    },
  };
  const failed = [
    {
      engine: 'unheard_of',
      error: expect.stringMatching(
        /^Error: What it made is not valid: \/cases\/\d\/.* is not a known alert class/,
      ),
    },
  ];

  test('is their failure: what they read waits apart, and the others go on', async () => {
    await write(...ereportsOf(newId(), 2, { class: 'fan.stopped' }), aPsu({ kind: 'removed' }));
    const round = await analyse({ engines: [unheardOf] });
    expect(round).toMatchObject({ kind: 'changed', read: 3, undecided: 2, failed });
    await becomeCurrent(round);
    expect((await readSitrep(db.pool, 'current'))?.cases).toMatchObject([{ engine: 'power_shelf' }]);
    const { rows } = await db.pool.query('SELECT report FROM fm_analysis');
    expect(rows).toMatchObject([{ report: { undecided: [{}, {}] } }]);
    expect(await analyse({ engines: [unheardOf] })).toMatchObject({ kind: 'unchanged', read: 0, failed });
  });

  test('[I44] comes to the sitrep that there is where they do nothing, and to the same again', async () => {
    await write(aPsu({ kind: 'removed' }));
    const first = await analyse({ engines: [unheardOf] });
    expect(await analyse({ engines: [unheardOf] })).toEqual(first);
    await db.pool.query('DELETE FROM sitrep_submission; DELETE FROM fm_analysis');
    const idle = { ...unheardOf, analyze: () => {} };
    expect(startOf(await analyse({ engines: [idle] }))).toEqual(startOf(first));
  });

  test('of more engines than one list of faults names is the failure of each', async () => {
    const manifold: Engine = {
      ...unheardOf,
      name: 'manifold',
      // More than there may be faults in one list, so that the other is blamed the next time.
      analyze: (analysis) => {
        for (let n = 0; n < 200; n++) unheardOf.analyze(analysis);
      },
    };
    await write(aPsu({ kind: 'removed' }));
    const round = await analyse({ engines: [manifold, { ...unheardOf, name: 'other' }] });
    expect(round).toMatchObject({ kind: 'changed', failed: [{ engine: 'manifold' }, { engine: 'other' }] });
  });

  test('and that no engine is to blame for counts for nothing, and all that was read waits apart', async () => {
    const head = aSitrep({ cases: [aCase({ engine: 'nobody' })] });
    await commit(db.pool, head);
    await db.pool.query(`UPDATE fm_case SET comment = repeat('x', 10001)`);
    await write(aPsu({ kind: 'removed' }));
    expect(await analyse({ engines: [unheardOf] })).toMatchObject({
      kind: 'refused',
      fault: '/cases/0/comment must have at most 10000 characters',
      undecided: 1,
    });
    expect(await countRows(db.pool, 'sitrep_submission')).toBe(0);
    await db.pool.query(`UPDATE fm_case SET comment = ''`);
    await write(aPsu({ kind: 'removed', nth: 2 }));
    expect(await analyse()).toMatchObject({ kind: 'changed', read: 1 });
  });
});

describe('[I46] a case that carries a request', () => {
  const LEFT_OPEN = 'test_only.door_left_open';
  const door = () =>
    aCase({ engine: 'doors', alertRequests: [aRequest({ class: LEFT_OPEN, payload: { door: 'a' } })] });

  test.each<[string, () => void]>([
    ['whose class was taken away with its engine', () => takeAway(LEFT_OPEN)],
    [
      'whose class takes another payload by now',
      () => bring(LEFT_OPEN, z.strictObject({ room: z.string() })),
    ],
  ])('%s is carried, and nothing else waits for it', async (_, change) => {
    bring(LEFT_OPEN, z.strictObject({ door: z.string() }));
    const head = aSitrep({ cases: [door()] });
    await commit(db.pool, head);
    change();
    await write(aPsu({ kind: 'removed' }));
    const round = await analyse();
    expect(round).toMatchObject({ kind: 'changed', undecided: 0, failed: [] });
    await becomeCurrent(round);
    const { cases } = (await readSitrep(db.pool, 'current')) ?? { cases: [] };
    expect(cases.find(({ engine }) => engine === 'doors')).toMatchObject(head.cases[0] as object);
  });
});

describe('[I44] a second attempt of an analysis', () => {
  const slow = anEngine(() => {});
  const cutOff = anEngine(() => {
    throw new Error('Cut off.');
  });

  test.each([
    ['that was cut off', slow, cutOff],
    ['after one that was cut off', cutOff, slow],
  ])('%s hands over what the first has laid down, and keeps it young', async (_, one, other) => {
    await write(aPsu({ kind: 'removed' }), ...ereportsOf(newId(), 2, { class: 'fan.stopped' }));
    const first = await analyse({ engines: [one] });
    await db.pool.query(`UPDATE sitrep_submission SET time_submitted = now() - interval '1 hour'`);
    // It ended before it had set anything aside, or the second would read something else.
    await db.pool.query('UPDATE ereport SET set_aside = NULL');
    const second = await analyse({ engines: [other] });
    expect(startOf(second).digest).toBe(startOf(first).digest);
    expect(
      await countRows(db.pool, `sitrep_submission WHERE time_submitted > now() - interval '1 minute'`),
    ).toBe(1);
    await becomeCurrent(second);
    for (let retry = 1; retry <= 3; retry++) {
      nowMs += 1;
      const next = await analyse({ engines: [slow], retry });
      if (next.kind === 'changed') await becomeCurrent(next);
    }
    expect(await countRows(db.pool, 'ereport WHERE marked_seen_in IS NULL')).toBe(0);
  });

  test('that comes when the first is in already hands that over, and leaves nothing behind', async () => {
    await write(aPsu({ kind: 'removed' }), anEreport({ class: 'fan.stopped' }));
    const first = startOf(await analyse({ engines: [slow] }));
    await insertSitrep(db.pool, first.sitrepId, first.digest);
    expect(startOf(await analyse({ engines: [cutOff] })).digest).toBe(first.digest);
    expect(await countRows(db.pool, 'sitrep_submission')).toBe(0);
  });
});

describe('an ereport that needs no case', () => {
  const ignores: Engine = {
    name: 'ignores',
    classes: ['fan.**'],
    analyze: (analysis) => {
      for (const ereport of analysis.newEreports) analysis.ignore(ereport, 'it is only a fan');
    },
  };

  test('is set aside at once if that changed no case, and else only when the sitrep is current', async () => {
    await write(anEreport({ class: 'fan.slow' }));
    expect(await analyse({ engines: [ignores] })).toMatchObject({ kind: 'unchanged', ignored: 1 });
    expect(await setAsideAs()).toEqual(['ignored']);
    await write(anEreport({ class: 'fan.slow' }), aPsu({ kind: 'removed' }));
    expect(await analyse({ engines: [ignores] })).toMatchObject({ kind: 'changed', read: 2, ignored: 1 });
    expect((await setAsideAs()).filter((how) => how === null)).toHaveLength(2);
  });
});

test('[I43] an ereport that comes after what has it in a case is marked by the next analysis, and is not new to it', async () => {
  const late = aPsu({ kind: 'removed' });
  const { restartId, ena } = late;
  const head = aSitrep({ cases: [aCase({ ereports: [{ restartId, ena }] })] });
  await commit(db.pool, head);
  await markSeen(db.pool, head.id);
  await write(late);
  expect(await analyse()).toMatchObject({ kind: 'unchanged', read: 0 });
  const { rows } = await db.pool.query('SELECT marked_seen_in AS mark FROM ereport');
  expect(rows).toEqual([{ mark: head.id }]);
});

describe('[I47] an analysis', () => {
  test('that is off reads nothing and says so; set on again, it reads what came meanwhile', async () => {
    await write(aPsu({ kind: 'removed' }));
    await configure(db.pool, { analysisEnabled: false, debounceMs: 7, analysisIntervalSeconds: 11 });
    const before = await tableTexts(db.pool);
    expect(await analyse()).toEqual({ kind: 'off', pace: { debounceMs: 7, intervalMs: 11_000 } });
    expect(await tableTexts(db.pool)).toEqual(before);
    await configure(db.pool, { analysisEnabled: true });
    expect(await analyse()).toMatchObject({ kind: 'changed', read: 1 });
  });

  test('runs the threshold rules that are configured, from the next time on', async () => {
    await write(...ereportsOf(newId(), 3, { class: 'disk.error', timeCollected: '2026-11-20T12:59:00Z' }));
    const rule = {
      name: 'disks',
      class: 'disk.*',
      thing: [],
      count: 3,
      withinSeconds: 60,
      closeAfterSeconds: 60,
      severity: 'warning' as const,
      alertClass: 'threshold.exceeded',
      alertVersion: 0,
    };
    await configure(db.pool, { thresholdRules: [rule] });
    await becomeCurrent(await analyse());
    expect(await readSitrep(db.pool, 'current')).toMatchObject({
      cases: [{ engine: 'threshold.disks', alertRequests: [{ class: 'threshold.exceeded' }] }],
    });
    const { rows } = await db.pool.query('SELECT inputs FROM fm_analysis');
    expect(rows).toMatchObject([{ inputs: { configurationVersion: 1, parentId: null } }]);
  });
});
