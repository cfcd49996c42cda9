import { expect } from 'vitest';
import { readSubmission } from '../../../src/model/submission.ts';
import type { SitrepView } from '../../../src/model/views.ts';
import { deleteSitreps } from '../../../src/store/sitrep-delete.ts';
import { readSitrep, type SitrepRef } from '../../../src/store/sitrep-read.ts';
import { commit, insert, swap } from '../../support/commit.ts';
import { aCase, aRequest, aSitrep, type Sent, submissionOf } from '../../support/document.ts';
import type { Random } from '../random.ts';
import type { Arena } from './arena.ts';
import type { Race } from './race.ts';

/** The statements of a read before the COPY of the cases. */
const FINDS = 'CROSS JOIN fm_sitrep s';
const STEPS = [FINDS, 'FROM fm_sitrep_head h JOIN fm_rendezvous_progress'];

/** Reads while `meanwhile` comes in after the sitrep was found, and expects to have read it whole. */
async function readDuring(
  arena: Arena,
  random: Random,
  sent: Sent,
  ref: SitrepRef,
  meanwhile: () => Promise<unknown>,
): Promise<SitrepView> {
  const gate = await arena.gate('reader', {
    afterStatement: ref === 'current' ? random.pick(STEPS) : FINDS,
  });
  const reader = await arena.actor('reader');
  const read = arena.begin(readSitrep(reader, ref));
  await gate.reached(read);
  await meanwhile();
  await gate.open();
  const view = await read;
  expect(view?.id, 'the sitrep that was read').toBe(sent.id);
  if (!view) throw new Error('Not found.');
  expect(readSubmission(view), 'what was read').toMatchObject({
    submission: { digest: submissionOf(sent).digest },
  });
  return view;
}

function aFullSitrep(parentId: string | null): Sent {
  return aSitrep({ parentId, cases: [aCase({ alertRequests: [aRequest()] }), aCase()] });
}

export const readDuringDeletion: Race = {
  name: '[I9] a read of an orphan while it is deleted',
  async run(arena, random) {
    const parentId = await arena.ground(random);
    const orphan = aFullSitrep(parentId);
    await insert(arena.pool, orphan);
    await commit(arena.pool, aFullSitrep(parentId));
    await readDuring(arena, random, orphan, { id: orphan.id }, () =>
      deleteSitreps(arena.pool, [{ id: orphan.id, lifecycleOpen: true }]),
    );
    expect(await readSitrep(arena.pool, { id: orphan.id }), 'a later read').toBeNull();
  },
};

export const readDuringPrune: Race = {
  name: '[I9] [I10] a read of the current sitrep while it is superseded, pruned and deleted',
  async run(arena, random) {
    const old = aFullSitrep(await arena.ground(random));
    await commit(arena.pool, old);
    const next = aFullSitrep(old.id);
    await insert(arena.pool, next);
    const view = await readDuring(arena, random, old, 'current', async () => {
      expect(await swap(arena.pool, next, 1)).toMatchObject({ kind: 'current' });
      const deletion = await deleteSitreps(arena.pool, [{ id: old.id, lifecycleOpen: true }]);
      expect(deletion.deleted).toEqual([old.id]);
    });
    expect(view).toMatchObject({ state: 'current', rendezvous: { reconciled: false } });
    expect(await readSitrep(arena.pool, 'current'), 'a later read').toMatchObject({ id: next.id });
  },
};
