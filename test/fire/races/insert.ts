import { expect } from 'vitest';
import { collectMarkers } from '../../../src/store/marker.ts';
import { deleteSitreps } from '../../../src/store/sitrep-delete.ts';
import { insertSitrep } from '../../../src/store/sitrep-insert.ts';
import { readSitrep } from '../../../src/store/sitrep-read.ts';
import { submit } from '../../../src/store/submission.ts';
import { commit, commitAndMeet, countRows, insert } from '../../support/commit.ts';
import { aCase, aChildOf, aRequest, aSitrep, submissionOf } from '../../support/document.ts';
import type { Arena } from './arena.ts';
import type { Race } from './race.ts';

const READS_SUBMISSION = 'SELECT document FROM sitrep_submission';
const LOCKS_PARENT = 'SELECT FROM fm_sitrep WHERE id = $1';
const READS_PARENTS_CASES = 'SELECT id, created_sitrep_id, closed_sitrep_id FROM fm_case';
const WRITES_METADATA = 'INSERT INTO fm_sitrep ';
const REMOVES_SUBMISSION = 'DELETE FROM sitrep_submission';

/** Two attempts to insert one submission: the first is stopped, and the second runs as far as it can. */
function twins(where: string, beforeStatement: string, afterTheSecond = false): Race {
  return {
    name: `[I7] two inserts of one sitrep at once, one of them stopped ${where}`,
    async run(arena, random) {
      const grandparent = aSitrep({ parentId: await arena.ground(random) }, 1);
      const parent = aChildOf(grandparent);
      await commit(arena.pool, grandparent);
      await commit(arena.pool, parent);
      const requests = 1 + random.below(5);
      const sent = aSitrep({ parentId: parent.id }, requests);
      const { digest } = submissionOf(sent);
      await submit(arena.pool, submissionOf(sent));
      const gate = await arena.gate('first', { beforeStatement });
      const [one, other] = [await arena.actor('first'), await arena.actor('second')];
      const first = arena.begin(insertSitrep(one, sent.id, digest));
      await gate.reached(first);
      const second = arena.begin(insertSitrep(other, sent.id, digest));
      const ended = await arena.endsBeforeItWaits('second', second);
      // Then its parent may leave history, too, which a late twin must not be told.
      if (ended && afterTheSecond) await commit(arena.pool, sent, 1);
      await gate.open();
      const inserted = { kind: 'inserted', parentId: parent.id };
      expect(await first, 'the first').toEqual(inserted);
      expect(await second, 'the second').toEqual(inserted);
      const rows = await countRows(arena.pool, `fm_alert_request WHERE sitrep_id = '${sent.id}'`);
      expect(rows, 'requests').toBe(requests);
      expect(await countRows(arena.pool, 'sitrep_submission'), 'submissions').toBe(0);
    },
  };
}

export const twinsBeforeTheDocument = twins('before it reads the document', READS_SUBMISSION);
export const twinsBeforeTheMetadata = twins('before it writes', WRITES_METADATA);
export const twinsWritten = twins('with everything written', REMOVES_SUBMISSION);
export const twinsBeforeTheCheck = twins(
  'before it asks for its parent, which leaves history',
  LOCKS_PARENT,
  true,
);

function deletionOfParent(where: string, beforeStatement: string, outcome: object): Race {
  return {
    name: `[I18] [I19] an insert against the deletion of its parent, stopped ${where}`,
    async run(arena, random) {
      const parent = aSitrep({ parentId: await arena.ground(random) }, 2);
      await commit(arena.pool, parent);
      const child = aChildOf(parent, { cases: [...parent.cases, aCase({ alertRequests: [aRequest()] })] });
      const submission = submissionOf(child);
      await submit(arena.pool, submission);
      const gate = await arena.gate('inserter', { beforeStatement });
      const [inserter, deleter] = [await arena.actor('inserter'), await arena.actor('deleter')];
      const inserted = arena.begin(insertSitrep(inserter, child.id, submission.digest));
      await gate.reached(inserted);
      await commit(arena.pool, aSitrep({ parentId: parent.id }), 1);
      const deletion = arena.begin(deleteSitreps(deleter, [{ id: parent.id, lifecycleOpen: true }]));
      await arena.endsBeforeItWaits('deleter', deletion);
      await gate.open();
      expect(await inserted, 'the insert').toMatchObject(outcome);
      expect(await deletion).toEqual({ deleted: [parent.id], refused: [] });
      const { rows } = await arena.pool.query(
        `SELECT count(*) FILTER (WHERE requested_sitrep_id = $2) AS carried, count(*) AS all
           FROM fm_alert_request WHERE sitrep_id = $1`,
        [child.id, parent.id],
      );
      expect(rows, 'requests that are carried, of all').toSatisfy(
        ([row]) => row.all === 0 || (row.all === 3 && row.carried === 2),
      );
    },
  };
}

export const parentDeletedDuringTheLook = deletionOfParent(
  'while it looks at the parent',
  READS_PARENTS_CASES,
  { kind: 'refused', refusal: { kind: 'parentNotCurrent' } },
);
export const parentDeletedAfterTheLook = deletionOfParent('before it writes', WRITES_METADATA, {
  kind: 'inserted',
});

export const idUsedByARival: Race = {
  name: '[I5] [I15] an insert whose rival becomes current and uses the id that both request',
  async run(arena, random) {
    const parent = aSitrep({ parentId: await arena.ground(random) }, 1);
    await commit(arena.pool, parent);
    const cases = [aCase({ alertRequests: [aRequest()] })];
    const [winner, loser] = [
      aSitrep({ parentId: parent.id, cases }),
      aSitrep({ parentId: parent.id, cases }),
    ];
    const submission = submissionOf(loser);
    await submit(arena.pool, submission);
    const gate = await arena.gate('loser', { beforeStatement: STANDING });
    const inserter = await arena.actor('loser');
    const inserted = arena.begin(insertSitrep(inserter, loser.id, submission.digest));
    await gate.reached(inserted);
    await commitAndMeet(arena.pool, winner);
    await gate.open();
    expect(await inserted, 'the loser').toEqual({ kind: 'inserted', parentId: parent.id });
    expect(await readSitrep(arena.pool, { id: loser.id })).toMatchObject({ state: 'orphaned' });
  },
};
/** Where the head and the used ids are read, together. */
const STANDING = 'AS "usedRequestIds"';

function requestedAnew(what: string, meanwhile: (arena: Arena) => Promise<unknown>): Race {
  return {
    name: `[I12] [I15] a child of the head that requests anew what was met and dropped, ${what}`,
    async run(arena, random) {
      const first = aSitrep({ parentId: await arena.ground(random) }, 1);
      await commitAndMeet(arena.pool, first);
      const without = aSitrep({ parentId: first.id, cases: [] });
      await commitAndMeet(arena.pool, without);
      await meanwhile(arena);
      const again = aChildOf(first, { parentId: without.id });
      expect(await insert(arena.pool, again)).toMatchObject({ refusal: { kind: 'requestIdUsed' } });
    },
  };
}

export const anewWithItsMarker = requestedAnew('whose alert was deleted', ({ pool }) =>
  pool.query('DELETE FROM alert'),
);
export const anewWithItsAlert = requestedAnew('whose marker was collected', ({ pool }) =>
  collectMarkers(pool),
);
