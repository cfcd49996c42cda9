import { expect } from 'vitest';
import { newId } from '../../../src/model/id.ts';
import { caseOf, type Submission } from '../../../src/model/submission.ts';
import { deleteAnalyses, leftoverAnalyses, submitAnalysis } from '../../../src/store/analysis.ts';
import { readForAnalysis } from '../../../src/store/analysis-inputs.ts';
import { writeEreports } from '../../../src/store/ereport.ts';
import { setAside } from '../../../src/store/set-aside.ts';
import { deleteSitreps } from '../../../src/store/sitrep-delete.ts';
import { insertSitrep } from '../../../src/store/sitrep-insert.ts';
import { discardSubmission } from '../../../src/store/submission.ts';
import { commit, countRows } from '../../support/commit.ts';
import { aChildOf, aSitrep, submissionOf } from '../../support/document.ts';
import { ereportsOf, taken } from '../../support/ereports.ts';
import type { Random } from '../random.ts';
import type { Arena } from './arena.ts';
import type { Race } from './race.ts';

const RECORD = { inputs: { seen: 'this' }, report: { because: 'of that' } };

/** What an analysis has made of the head, or of nothing. */
async function aDiagnosis(arena: Arena, random: Random) {
  return submissionOf(aSitrep({ parentId: await arena.ground(random) }, random.below(3)));
}

const records = ({ pool }: Arena) => countRows(pool, 'fm_analysis');

export const twinAnalyses: Race = {
  name: '[I44] the same analysis twice at once, as a killed one and the one after it',
  async run(arena, random) {
    const submission = await aDiagnosis(arena, random);
    const gate = await arena.gate('first', { beforeStatement: 'INSERT INTO sitrep_submission' });
    const [one, other] = [await arena.actor('first'), await arena.actor('second')];
    const first = arena.begin(submitAnalysis(one, submission, RECORD));
    await gate.reached(first);
    const second = arena.begin(submitAnalysis(other, submission, RECORD));
    await arena.endsBeforeItWaits('second', second);
    await gate.open();
    await Promise.all([first, second]);
    expect({ records: await records(arena), submissions: await submissions(arena) }).toEqual({
      records: 1,
      submissions: 1,
    });
  },
};

export const lateTwinOfAnalysis: Race = {
  name: '[I44] an analysis that lays down late what its twin has brought into history meanwhile',
  async run(arena, random) {
    const submission = await aDiagnosis(arena, random);
    const gate = await arena.gate('slow', { beforeStatement: 'INSERT INTO fm_analysis' });
    const late = arena.begin(submitAnalysis(await arena.actor('slow'), submission, RECORD));
    await gate.reached(late);
    await submitAnalysis(arena.pool, submission, RECORD);
    await insertSitrep(arena.pool, submission.document.id, submission.digest);
    await gate.open();
    await late;
    expect(await submissions(arena), 'submissions left behind').toBe(0);
  },
};

const submissions = ({ pool }: Arena) => countRows(pool, 'sitrep_submission');

function sweptWhile(
  what: string,
  meanwhile: (arena: Arena, submission: Submission) => Promise<unknown>,
): Race {
  return {
    name: `[I44] a sweep of records that came to nothing, while the analysis of one is run again and its sitrep ${what}`,
    async run(arena, random) {
      const submission = await aDiagnosis(arena, random);
      const { id } = submission.document;
      await submitAnalysis(arena.pool, submission, RECORD);
      await discardSubmission(arena.pool, id, submission.digest);
      expect(await leftoverAnalyses(arena.pool, 0, 10), 'what the sweep has seen').toEqual([id]);
      await submitAnalysis(arena.pool, submission, RECORD);
      await meanwhile(arena, submission);
      expect(await deleteAnalyses(arena.pool, 0, [id]), 'what it deleted').toEqual([]);
      expect(await records(arena), 'records').toBe(1);
    },
  };
}

export const sweptWhileItWaits = sweptWhile('waits to be inserted', async () => {});
export const sweptWhileItIsIn = sweptWhile('is inserted', ({ pool }, { document, digest }) =>
  insertSitrep(pool, document.id, digest),
);

export const collectedWithItsRecord: Race = {
  name: '[I23] the deletion of a sitrep that an analysis made',
  async run(arena, random) {
    const head = aSitrep({ parentId: await arena.ground(random) });
    await commit(arena.pool, head);
    const lost = submissionOf(aChildOf(head));
    await submitAnalysis(arena.pool, lost, RECORD);
    await insertSitrep(arena.pool, lost.document.id, lost.digest);
    await deleteSitreps(arena.pool, [{ id: lost.document.id, lifecycleOpen: false }]);
    expect(await records(arena), 'records left behind').toBe(0);
  },
};

const FINDS_THE_HEAD = 'SELECT sitrep_id AS id, version FROM fm_sitrep_head';

export const readWhileCollected: Race = {
  name: '[I9] [I44] an analysis that reads what is current while that is superseded and collected',
  async run(arena, random) {
    const head = aSitrep({ parentId: await arena.ground(random) }, 1 + random.below(3));
    await commit(arena.pool, head);
    const gate = await arena.gate('reader', { afterStatement: FINDS_THE_HEAD });
    const reading = arena.begin(readForAnalysis(await arena.actor('reader'), { most: 10, undecided: 0 }));
    await gate.reached(reading);
    await commit(arena.pool, aSitrep({ parentId: head.id }, 1), 1);
    await deleteSitreps(arena.pool, [{ id: head.id, lifecycleOpen: true }]);
    await gate.open();
    const cases = submissionOf(head).document.cases.map(caseOf);
    const { parent } = await reading;
    expect(parent?.id).toBe(head.id);
    expect(parent?.cases, 'the cases of the parent as they were read').toEqual(cases);
  },
};

/** Both wait for somebody else, the newer one first. */
export const decidedMeanwhile: Race = {
  name: '[I46] a late analysis that could not decide, when a newer one has decided',
  async run(arena, random) {
    const ereports = ereportsOf(newId(), 1 + random.below(4));
    await writeEreports(arena.pool, ereports.map(taken));
    const [newer, late] = [await arena.actor('newer'), await arena.actor('late')];
    const decision = random.pick(['ignored', 'not-understood'] as const);
    const holder = await arena.pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM ereport FOR UPDATE');
      const decided = arena.begin(setAside(newer, ereports, decision));
      await arena.endsBeforeItWaits('newer', decided);
      const undecided = arena.begin(setAside(late, ereports, 'undecided'));
      await arena.endsBeforeItWaits('late', undecided);
      await holder.query('ROLLBACK');
      await Promise.all([decided, undecided]);
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    const { rows } = await arena.pool.query('SELECT set_aside AS how FROM ereport');
    expect(rows, 'what became of them').toEqual(ereports.map(() => ({ how: decision })));
  },
};
