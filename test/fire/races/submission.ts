import { expect } from 'vitest';
import { deleteOldSubmission, oldSubmissions } from '../../../src/store/leftover.ts';
import { insertSitrep } from '../../../src/store/sitrep-insert.ts';
import { discardSubmission, submit } from '../../../src/store/submission.ts';
import { countRows } from '../../support/commit.ts';
import { aSitrep, submissionOf } from '../../support/document.ts';
import type { Random } from '../random.ts';
import type { Arena } from './arena.ts';
import type { Race } from './race.ts';

const REUSED = { kind: 'refused', refusal: { kind: 'sitrepIdReused' } };

/** Two documents under one id. */
async function rivals(arena: Arena, random: Random) {
  const sent = aSitrep({ parentId: await arena.ground(random) }, random.below(3));
  return [submissionOf(sent), submissionOf({ ...sent, comment: 'another' })] as const;
}

export const twoDocuments: Race = {
  name: '[I7] two documents submitted and inserted under one id at once',
  async run(arena, random) {
    const [one, other] = await rivals(arena, random);
    const { id } = one.document;
    const gate = await arena.gate('slow', { beforeStatement: 'INSERT INTO sitrep_submission' });
    const slow = await arena.actor('slow');
    const late = arena.begin(submit(slow, one));
    await gate.reached(late);
    expect(await submit(arena.pool, other)).toEqual({ kind: 'submitted' });
    await gate.open();
    expect(await late, 'the late one').toEqual(REUSED);
    expect(await insertSitrep(arena.pool, id, one.digest), 'the insert of the late one').toEqual({
      kind: 'refused',
      refusal: { kind: 'submissionGone' },
    });
    expect(await insertSitrep(arena.pool, id, other.digest)).toMatchObject({ kind: 'inserted' });
  },
};

export const submissionDuringInsert: Race = {
  name: '[I7] a document submitted while another under its id is submitted and inserted',
  async run(arena, random) {
    const [one, other] = await rivals(arena, random);
    const gate = await arena.gate('slow', { beforeStatement: 'INSERT INTO sitrep_submission' });
    const slow = await arena.actor('slow');
    const late = arena.begin(submit(slow, one));
    await gate.reached(late);
    await submit(arena.pool, other);
    await insertSitrep(arena.pool, other.document.id, other.digest);
    await gate.open();
    expect(await late, 'the late one').toEqual(REUSED);
    expect(await countRows(arena.pool, 'sitrep_submission'), 'submissions left behind').toBe(0);
  },
};

export const lateRefusal: Race = {
  name: '[I7] the end of a refused document, late, when another waits under its id',
  async run(arena, random) {
    const [refused, other] = await rivals(arena, random);
    const { id } = other.document;
    await submit(arena.pool, other);
    await discardSubmission(arena.pool, id, refused.digest);
    expect(await insertSitrep(arena.pool, id, other.digest), 'the insert').toMatchObject({
      kind: 'inserted',
    });
  },
};

export const sweepDuringResubmission: Race = {
  name: '[I29] a sweep of old submissions while one of them is submitted again',
  async run(arena, random) {
    const [submission] = await rivals(arena, random);
    const { id } = submission.document;
    await submit(arena.pool, submission);
    const [seen] = await oldSubmissions(arena.pool, 0, null, 10);
    if (!seen) throw new Error('The sweep found nothing.');
    expect(await submit(arena.pool, submission)).toEqual({ kind: 'submitted' });
    expect(await deleteOldSubmission(arena.pool, seen), 'deleted').toBe(false);
    expect(await insertSitrep(arena.pool, id, submission.digest)).toMatchObject({ kind: 'inserted' });
  },
};
