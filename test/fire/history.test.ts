import type pg from 'pg';
import { expect } from 'vitest';
import { readSubmission } from '../../src/model/submission.ts';
import { deleteAlert, listAlerts } from '../../src/store/alert.ts';
import { pruneHistory } from '../../src/store/history-prune.ts';
import { collectMarkers } from '../../src/store/marker.ts';
import { AFTER_WHAT_IS_MET, FROM_THE_START, rendezvous } from '../../src/store/rendezvous.ts';
import { deleteSitreps } from '../../src/store/sitrep-delete.ts';
import { currentSitrep, listSitreps, readSitrep } from '../../src/store/sitrep-read.ts';
import { insert, swap } from '../support/commit.ts';
import { createDatabase } from '../support/database.ts';
import { aCase, aRequest, aSitrep, type Sent, submissionOf } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { faultsOf } from './history/check.ts';
import { type History, timed } from './history/record.ts';
import { Random } from './random.ts';
import type { Tally } from './tally.ts';
import { underFire } from './under-fire.ts';

const COMMITTERS = 8;
const COMMITS_EACH = 10;
const READERS = 4;
const KEEP = 8;
const CASES_AT_MOST = 5;

underFire(
  '[I1] [I5] [I8] [I10] what commits and reads tell can all have been shown by one chain',
  120_000,
  async (seed, tally) => {
    const database = await createDatabase({ max: 40 });
    try {
      const fleet = new Fleet(database.pool, tally);
      await fleet.run(new Random(seed));
      const faults = faultsOf(fleet.history);
      if (faults.length > 0) throw new Error(`The history can't be:\n${faults.slice(0, 20).join('\n')}`);
      const won = fleet.history.attempts.filter(({ version }) => version !== null);
      expect(won.length, 'commits that won').toBeGreaterThan(COMMITS_EACH);
      expect(won.length, 'commits that won, of all').toBeLessThan(fleet.history.attempts.length);
      expect(fleet.history.reads.length, 'reads').toBeGreaterThan(COMMITTERS * COMMITS_EACH);
      const head = await currentSitrep(database.pool);
      await rendezvous(database.pool, head?.id ?? '', FROM_THE_START);
      expect(await fleet.deletedAlertsThatAreBack(), '[I15] deleted alerts that are back').toEqual([]);
      await checkInvariants(database.pool, { keep: KEEP });
    } finally {
      await database.drop();
    }
  },
);

/** Many clients at once on one database. What they saw of the chain is recorded. */
class Fleet {
  readonly history: History = { attempts: [], reads: [] };
  readonly #pool: pg.Pool;
  readonly #tally: Tally;
  readonly #sent = new Map<string, Sent>();
  /** Sitreps whose committer is at it: they are deleted by nobody else, as in a lifecycle. */
  readonly #atWork = new Set<string>();
  readonly #deletedAlerts = new Set<string>();
  #over = false;

  constructor(pool: pg.Pool, tally: Tally) {
    this.#pool = pool;
    this.#tally = tally;
  }

  /** Ends when the committers have done their share, or somebody has failed. */
  async run(random: Random): Promise<void> {
    const own = () => new Random(random.below(2 ** 31));
    const committers = Array.from({ length: COMMITTERS }, (_, n) => this.#commits(`committer ${n}`, own()));
    const others = [
      ...Array.from({ length: READERS }, (_, n) =>
        this.#again(own(), (its) => this.#read(`reader ${n}`, its)),
      ),
      this.#again(own(), (its) => this.#meets(its)),
      this.#again(own(), (its) => this.#meets(its)),
      this.#again(own(), (its) => this.#deletesAnAlert(its)),
      this.#again(own(), (its) => this.#collects(its)),
    ];
    const stopAtFailure = (error: unknown) => {
      this.#over = true;
      throw error;
    };
    const all = [...committers, ...others].map((work) => work.catch(stopAtFailure));
    await Promise.allSettled(committers);
    this.#over = true;
    for (const end of await Promise.allSettled(all)) if (end.status === 'rejected') throw end.reason;
  }

  async deletedAlertsThatAreBack(): Promise<string[]> {
    const { rows } = await this.#pool.query<{ id: string }>('SELECT id FROM alert WHERE id = ANY ($1)', [
      [...this.#deletedAlerts],
    ]);
    return rows.map(({ id }) => id);
  }

  async #again(random: Random, act: (random: Random) => Promise<unknown>): Promise<void> {
    while (!this.#over) {
      await act(random);
      this.#tally.count('storeOperations');
    }
  }

  async #commits(client: string, random: Random): Promise<void> {
    for (let n = 0; n < COMMITS_EACH && !this.#over; n++) {
      const parentId = await this.#read(client, random);
      const sent = this.#childOf(parentId, random);
      this.#sent.set(sent.id, sent);
      this.#atWork.add(sent.id);
      const { outcome, start, end } = await timed(() => insert(this.#pool, sent));
      if (outcome.kind === 'refused') {
        // Its parent has left history, by which it has lost.
        expect(outcome.refusal).toEqual({ kind: 'parentNotCurrent' });
        this.history.attempts.push({ client, sitrepId: sent.id, parentId, version: null, start, end });
      } else {
        // Now and then it is tried again before the first attempt has answered.
        const attempts = random.chance(0.3) ? 2 : 1;
        await Promise.all(Array.from({ length: attempts }, () => this.#attempt(client, sent)));
      }
      this.#atWork.delete(sent.id);
      this.#tally.count('storeOperations', 3);
    }
  }

  async #attempt(client: string, sent: Sent): Promise<void> {
    const { outcome, start, end } = await timed(() => swap(this.#pool, sent, KEEP));
    // It had won, so much before that its version is gone.
    if (outcome.kind === 'released') return;
    if (outcome.kind === 'sitrepGone') throw new Error(`${sent.id} was deleted before it was decided.`);
    const version = outcome.kind === 'current' ? outcome.version : null;
    const { id: sitrepId, parentId } = sent;
    this.history.attempts.push({ client, sitrepId, parentId, version, start, end });
  }

  /** Of the sitrep whole, or of what is current alone. */
  async #read(client: string, random: Random): Promise<string | null> {
    const whole = random.chance(0.5);
    const { outcome, start, end } = await timed<{ id: string; version: number | null } | null>(() =>
      whole ? readSitrep(this.#pool, 'current') : currentSitrep(this.#pool),
    );
    const [sitrepId, version] = [outcome?.id ?? null, outcome?.version ?? 0];
    this.history.reads.push({ client, sitrepId, version, start, end });
    if (whole && sitrepId !== null) {
      const read = readSubmission(outcome);
      const digest = 'faults' in read ? null : read.submission.digest;
      expect(digest, `[I9] ${sitrepId} as it was read`).toBe(submissionOf(this.#document(sitrepId)).digest);
    }
    return sitrepId;
  }

  async #meets(random: Random): Promise<void> {
    const head = await currentSitrep(this.#pool);
    if (!head) return;
    const start = random.pick([AFTER_WHAT_IS_MET, FROM_THE_START]);
    await rendezvous(this.#pool, head.id, start, () => {}, 1 + random.below(4));
  }

  async #deletesAnAlert(random: Random): Promise<void> {
    const { items } = await listAlerts(this.#pool, { limit: 10 });
    if (items.length === 0) return;
    const { id } = random.pick(items);
    if (await deleteAlert(this.#pool, id)) this.#deletedAlerts.add(id);
  }

  async #collects(random: Random): Promise<void> {
    await collectMarkers(this.#pool, () => {}, 1 + random.below(5));
    await pruneHistory(this.#pool, KEEP, 1 + random.below(3));
    const state = random.pick(['orphaned', 'released'] as const);
    const { items } = await listSitreps(this.#pool, { state, limit: 10 });
    const ids = items.map(({ id }) => id).filter((id) => !this.#atWork.has(id));
    await deleteSitreps(
      this.#pool,
      ids.map((id) => ({ id, lifecycleOpen: true })),
    );
  }

  /** Carries some of its parent's cases, and has one of its own. */
  #childOf(parentId: string | null, random: Random): Sent {
    const carried = (parentId === null ? [] : this.#document(parentId).cases)
      .filter(() => random.chance(0.8))
      .slice(-CASES_AT_MOST);
    const alertRequests = Array.from({ length: random.below(3) }, () => aRequest());
    return aSitrep({ parentId, cases: [...carried, aCase({ alertRequests })] });
  }

  #document(id: string): Sent {
    const sent = this.#sent.get(id);
    if (!sent) throw new Error(`Nobody has sent ${id}.`);
    return sent;
  }
}
