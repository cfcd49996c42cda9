import type pg from 'pg';
import type { Refusal } from '../../../src/model/lifecycle.ts';
import { readSubmission } from '../../../src/model/submission.ts';
import { deleteAlert } from '../../../src/store/alert.ts';
import { pruneHistory } from '../../../src/store/history-prune.ts';
import { deleteOldSubmission, oldSubmissions } from '../../../src/store/leftover.ts';
import { makeCurrent } from '../../../src/store/make-current.ts';
import { collectMarkers } from '../../../src/store/marker.ts';
import {
  AFTER_WHAT_IS_MET,
  FROM_THE_START,
  type RendezvousCursor,
  rendezvous,
} from '../../../src/store/rendezvous.ts';
import { deleteSitreps } from '../../../src/store/sitrep-delete.ts';
import { insertSitrep } from '../../../src/store/sitrep-insert.ts';
import { listSitreps, readSitrep } from '../../../src/store/sitrep-read.ts';
import { discardSubmission, submit } from '../../../src/store/submission.ts';
import { checkInvariants } from '../../support/invariants.ts';
import { cutOffAfter } from '../model/cut-off.ts';
import type { Draft } from '../model/draft.ts';
import { idOf } from '../model/ids.ts';
import type { Random } from '../random.ts';
import type { Tally } from '../tally.ts';
import type { Ledger, Sent } from './ledger.ts';

/** Versions that the storm keeps: few, so that what is read is being pruned and collected. */
export const KEEP = 4;
/** Hands meet where they work on what is new. */
const RECENT = 8;
const CHUNKS = [1, 2, 3, 2000] as const;
const REQUESTS = 12;

/** One of those that do whatever they like to the same database at the same time. */
export class Hand {
  readonly #pool: pg.Pool;
  readonly #ledger: Ledger;
  readonly #random: Random;
  readonly #drafts: readonly Draft[];
  readonly #tally: Tally;
  #cutOff: { sitrepId: string; cursor: RendezvousCursor } | null = null;

  constructor(pool: pg.Pool, ledger: Ledger, random: Random, drafts: readonly Draft[], tally: Tally) {
    this.#pool = pool;
    this.#ledger = ledger;
    this.#random = random;
    this.#drafts = drafts;
    this.#tally = tally;
  }

  async act(): Promise<void> {
    const acts = this.#ledger.sent.length === 0 ? [this.#liveAnew] : this.#acts;
    await this.#random.pick(acts).call(this);
  }

  get #acts() {
    return [
      this.#liveAnew,
      this.#liveAnew,
      this.#liveAgain,
      this.#makeCurrent,
      this.#meet,
      this.#meet,
      this.#goOnMeeting,
      this.#deleteAlert,
      this.#deleteAlert,
      this.#prune,
      this.#deleteSitreps,
      this.#deleteSitreps,
      this.#collectMarkers,
      this.#deleteOldSubmissions,
      this.#read,
      this.#readCurrent,
      this.#list,
      this.#check,
    ];
  }

  async #liveAnew(): Promise<void> {
    await this.#live(this.#ledger.write(this.#ledger.newest, this.#random.pick(this.#drafts)));
  }

  async #liveAgain(): Promise<void> {
    await this.#live(this.#recent());
  }

  /** A lifecycle, which may be terminated between any two of its steps. */
  async #live(sent: Sent): Promise<void> {
    const { id } = sent.submission.document;
    const { digest } = sent.submission;
    const terminated = () => this.#random.chance(0.1);
    const submitted = await this.#did(submit(this.#pool, sent.submission));
    if (submitted.kind === 'refused') return expectable(sent, submitted.refusal);
    if (terminated()) return;
    const inserted = await this.#did(insertSitrep(this.#pool, id, digest));
    if (inserted.kind === 'refused') {
      expectable(sent, inserted.refusal);
      return this.#did(discardSubmission(this.#pool, id, digest));
    }
    if (terminated()) return;
    await this.#makeCurrent(sent);
    if (!terminated()) await this.#meet(sent);
  }

  async #makeCurrent(sent: Sent = this.#recent()): Promise<void> {
    const { id, parentId } = sent.submission.document;
    const outcome = await this.#did(makeCurrent(this.#pool, id, parentId, KEEP));
    if (outcome.kind === 'current') {
      this.#ledger.won(id, outcome.version);
      this.#ledger.released.push(...outcome.releasedIds);
    }
    // Without its row nobody can tell whether it had lost or had been current and was collected.
    if (outcome.kind === 'parentNotCurrent' && outcome.ageSeconds !== null) this.#ledger.lost(id);
  }

  async #meet(sent: Sent = this.#recent()): Promise<void> {
    const start = this.#random.chance(0.7) ? AFTER_WHAT_IS_MET : FROM_THE_START;
    await this.#meetFrom(sent.submission.document.id, start);
  }

  async #goOnMeeting(): Promise<void> {
    if (this.#cutOff) await this.#meetFrom(this.#cutOff.sitrepId, this.#cutOff.cursor);
  }

  async #meetFrom(sitrepId: string, start: RendezvousCursor): Promise<void> {
    // Of one without a version here the commit may have been done, and its answer be on its way.
    const version = this.#ledger.versions.get(sitrepId);
    const supersededBefore = version !== undefined && version < this.#ledger.highest;
    const limit = this.#random.pick(CHUNKS);
    const work = cutOffAfter(1 + this.#random.below(6), (onChunk) =>
      rendezvous(this.#pool, sitrepId, start, onChunk, limit),
    );
    const outcome = await this.#did(work);
    const { created } = outcome.kind === 'cutOff' ? outcome.cursor : outcome;
    this.#ledger.alertsMade += created - start.created;
    this.#cutOff = outcome.kind === 'cutOff' ? { sitrepId, cursor: outcome.cursor } : null;
    if (supersededBefore && (outcome.kind !== 'stale' || created > start.created)) {
      throw new Error(
        `[I14] ${sitrepId} is not the head, and its rendezvous says: ${JSON.stringify(outcome)}`,
      );
    }
  }

  async #deleteAlert(): Promise<void> {
    const id = idOf('alert', this.#random.below(REQUESTS));
    if (await this.#did(deleteAlert(this.#pool, id))) this.#ledger.account(id).deleted += 1;
  }

  async #prune(): Promise<void> {
    const limit = this.#random.pick(CHUNKS);
    this.#ledger.released.push(...(await this.#did(pruneHistory(this.#pool, KEEP, limit))));
  }

  async #deleteSitreps(): Promise<void> {
    const ids = new Set(Array.from({ length: 6 }, () => this.#recent().submission.document.id));
    const doomed = [...ids].map((id) => ({ id, lifecycleOpen: this.#random.chance(0.5) }));
    await this.#did(deleteSitreps(this.#pool, doomed));
  }

  async #collectMarkers(): Promise<void> {
    const hear = (ids: string[]) => {
      for (const id of ids) this.#ledger.account(id).markersCollected += 1;
    };
    await this.#did(collectMarkers(this.#pool, hear, this.#random.pick(CHUNKS)));
  }

  async #deleteOldSubmissions(): Promise<void> {
    const old = await this.#did(oldSubmissions(this.#pool, -3600, null, 2));
    for (const seen of old) await this.#did(deleteOldSubmission(this.#pool, seen));
  }

  async #read(): Promise<void> {
    const { id } = this.#recent().submission.document;
    const view = await this.#did(readSitrep(this.#pool, { id }));
    if (view) this.#isWhole(view);
  }

  async #readCurrent(): Promise<void> {
    const known = this.#ledger.highest;
    const view = await this.#did(readSitrep(this.#pool, 'current'));
    if ((view?.version ?? 0) < known) {
      throw new Error(`[I10] version ${known} had been current, and ${view?.version ?? 'nothing'} is.`);
    }
    if (view) this.#isWhole(view);
  }

  async #list(): Promise<void> {
    await this.#did(listSitreps(this.#pool, { limit: 5 }));
  }

  /** In the middle of it all. */
  async #check(): Promise<void> {
    await checkInvariants(this.#pool, { keep: KEEP, digests: false });
  }

  #isWhole(view: { id: string }): void {
    const read = readSubmission(view);
    const digest = 'faults' in read ? JSON.stringify(read.faults) : read.submission.digest;
    if (digest !== this.#ledger.sitrep(view.id).digest) throw new Error(`[I9] ${view.id} is torn: ${digest}`);
  }

  #recent(): Sent {
    return this.#random.pick(this.#ledger.sent.slice(-RECENT));
  }

  async #did<Outcome>(work: Promise<Outcome>): Promise<Outcome> {
    const outcome = await work;
    this.#tally.count('storeOperations');
    return outcome;
  }
}

/** Each document of the storm has its id for itself, and some ask in one case for what the parent has in another. */
function expectable({ faults }: Sent, refusal: Refusal): void {
  if (refusal.kind === 'sitrepIdReused' || (refusal.kind === 'invalid' && faults.length === 0)) {
    throw new Error(`A sound document was refused: ${JSON.stringify(refusal)}`);
  }
}
