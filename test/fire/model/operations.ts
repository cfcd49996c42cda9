import type pg from 'pg';
import { expect } from 'vitest';
import type { Refusal } from '../../../src/model/lifecycle.ts';
import type { Submission } from '../../../src/model/submission.ts';
import { deleteAlert } from '../../../src/store/alert.ts';
import { pruneHistory } from '../../../src/store/history-prune.ts';
import { deleteOldSubmission, oldSubmissions } from '../../../src/store/leftover.ts';
import { type MakeCurrentOutcome, makeCurrent } from '../../../src/store/make-current.ts';
import { collectMarkers } from '../../../src/store/marker.ts';
import { type RendezvousCursor, rendezvous } from '../../../src/store/rendezvous.ts';
import { type Doomed, deleteSitreps } from '../../../src/store/sitrep-delete.ts';
import { type InsertOutcome, insertSitrep } from '../../../src/store/sitrep-insert.ts';
import { discardSubmission, type SubmitOutcome, submit } from '../../../src/store/submission.ts';
import type { Tally } from '../tally.ts';
import * as accept from './accept.ts';
import * as collect from './collect.ts';
import { cutOffAfter } from './cut-off.ts';
import * as head from './head.ts';
import { readable } from './ids.ts';
import * as meet from './meet.ts';
import type { World } from './world.ts';

/** The store's functions, each run on the database and on the model, which has to have said what came of it. */
export class Operations {
  readonly pool: pg.Pool;
  readonly #tally: Tally;
  /** What was done and answered, for the reader of a failure. */
  readonly story: string[] = [];

  constructor(pool: pg.Pool, tally: Tally) {
    this.pool = pool;
    this.#tally = tally;
  }

  async submit(world: World, submission: Submission): Promise<SubmitOutcome> {
    const { id, parentId } = submission.document;
    const predicted = accept.submit(world, submission);
    const outcome = withoutWords(await submit(this.pool, submission));
    return this.agree(`submit ${id} below ${parentId}`, outcome, predicted);
  }

  async insert(world: World, { document, digest }: Submission): Promise<InsertOutcome> {
    const predicted = accept.insertSitrep(world, document.id, digest);
    const outcome = withoutWords(await insertSitrep(this.pool, document.id, digest));
    return this.agree(`insert ${document.id}`, outcome, predicted);
  }

  async discard(world: World, { document, digest }: Submission): Promise<void> {
    accept.discardSubmission(world, document.id, digest);
    await discardSubmission(this.pool, document.id, digest);
    this.agree(`discard ${document.id}`, null, null);
  }

  async makeCurrent(world: World, { document }: Submission, keep: number): Promise<MakeCurrentOutcome> {
    const { id, parentId } = document;
    const predicted = head.makeCurrent(world, id, parentId, keep);
    const outcome = await makeCurrent(this.pool, id, parentId, keep);
    if (outcome.kind === 'parentNotCurrent' && outcome.ageSeconds !== null) {
      expect(outcome.ageSeconds).toBeGreaterThanOrEqual(0);
      outcome.ageSeconds = 0;
    }
    return this.agree(`make ${id} current, keep ${keep}`, outcome, predicted);
  }

  async rendezvous(
    world: World,
    sitrepId: string,
    start: RendezvousCursor,
    limit: number,
    chunks: number,
  ): Promise<void> {
    const predicted = meet.rendezvous(world, sitrepId, start, limit, chunks);
    const outcome = await cutOffAfter(chunks, (onChunk) =>
      rendezvous(this.pool, sitrepId, start, onChunk, limit),
    );
    if (outcome.kind === 'cutOff') world.cutOff.push({ sitrepId, cursor: outcome.cursor });
    this.agree(`rendezvous of ${sitrepId}, ${chunks} chunks of ${limit}`, outcome, predicted);
  }

  async deleteAlert(world: World, id: string): Promise<void> {
    this.agree(`delete alert ${id}`, await deleteAlert(this.pool, id), world.alerts.delete(id));
  }

  async prune(world: World, keep: number, limit: number): Promise<void> {
    const predicted = head.pruneHistory(world, keep, limit);
    const outcome = await pruneHistory(this.pool, keep, limit);
    this.agree(`prune to ${keep}, ${limit} at most`, outcome, predicted);
  }

  async deleteSitreps(world: World, doomed: Doomed[]): Promise<void> {
    const predicted = collect.deleteSitreps(world, doomed);
    const { deleted, refused } = await deleteSitreps(this.pool, doomed);
    const outcome = { deleted: deleted.sort(), refused: refused.sort() };
    this.agree(`delete ${JSON.stringify(doomed)}`, outcome, predicted);
  }

  async collectMarkers(world: World, chunk: number): Promise<void> {
    const predicted = meet.collectMarkers(world);
    const outcome: string[] = [];
    await collectMarkers(this.pool, (ids) => outcome.push(...ids), chunk);
    this.agree(`collect markers, ${chunk} at a time`, outcome, predicted);
  }

  /** The sweep of submissions whose hour is over: here all that wait now, or the oldest of them. */
  async deleteOldSubmissions(world: World, limit: number): Promise<void> {
    const predicted = [...world.submissions.keys()].slice(0, limit);
    for (const id of predicted) world.submissions.delete(id);
    const old = await oldSubmissions(this.pool, -3600, null, limit);
    for (const seen of old) await deleteOldSubmission(this.pool, seen);
    this.agree(
      `delete the ${limit} oldest submissions`,
      old.map(({ id }) => id),
      predicted,
    );
  }

  agree<Outcome>(what: string, outcome: Outcome, predicted: Outcome): Outcome {
    this.#tally.count('storeOperations');
    this.story.push(readable(`${what}: ${JSON.stringify(outcome)}`));
    expect(outcome).toEqual(predicted);
    return outcome;
  }
}

/** The model predicts which fields are at fault, not the words. */
function withoutWords<Outcome extends { kind: string; refusal?: Refusal }>(outcome: Outcome): Outcome {
  if (outcome.refusal?.kind === 'invalid') {
    for (const fault of outcome.refusal.faults) fault.detail = '';
  }
  return outcome;
}
