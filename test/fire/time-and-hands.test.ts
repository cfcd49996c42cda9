import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { expect } from 'vitest';
import { lifecycleStanding } from '../../src/activities/lifecycle-standing.ts';
import { tend } from '../../src/api/tend.ts';
import { RELEASED_SIGNAL, SUPERSEDED_SIGNAL, workflowIdOf } from '../../src/model/lifecycle.ts';
import { deleteAlert } from '../../src/store/alert.ts';
import { sitrepState } from '../../src/store/sitrep-read.ts';
import { submit } from '../../src/store/submission.ts';
import { startLifecycle } from '../../src/temporal/lifecycle-start.ts';
import { TestService } from '../api/harness.ts';
import { until } from '../e2e/local-stack.ts';
import { countRows, insert, swap } from '../support/commit.ts';
import {
  aCase,
  aChildOf,
  aRequest,
  aSitrep,
  requestIds,
  type Sent,
  submissionOf,
} from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { letPass } from '../support/let-pass.ts';
import { lifecycleOf, live, startOf } from '../support/lifecycles.ts';
import { Random } from './random.ts';
import type { Tally } from './tally.ts';
import { underFire } from './under-fire.ts';

const KEEP = 4;
const GRACE = 1;
const STEPS = 40;
/** Of hands at once. */
const HANDS = 3;
/** Of gRPC. */
const NOT_FOUND = 5;

/**
 * Operators' hands in the lives of sitreps: they submit, end lifecycles, delete them from Temporal, signal what is
 * not so, delete alerts, commit past all lifecycles, and hours pass. When they leave it alone, all comes to rest.
 */
underFire('[I7] [I11] [I15] [I27] [I29] time and hands', 180_000, async (seed, tally) => {
  const service = await TestService.start({ worker: false });
  try {
    await service.startWorker({
      SITREP_KEEP_VERSIONS: String(KEEP),
      SITREP_ORPHAN_GRACE_SECONDS: String(GRACE),
    });
    const hands = new Hands(service, new Random(seed), tally);
    await hands.begin();
    for (let step = 0; step < STEPS; step++) {
      await hands.act();
      await checkInvariants(service.api.db.pool, { keep: KEEP, digests: false });
    }
    await hands.leaveAlone();
  } finally {
    await service.close();
  }
});

class Hands {
  readonly #service: TestService;
  readonly #random: Random;
  readonly #tally: Tally;
  /** All that were ever sent, whatever became of them. */
  readonly #sent: Sent[] = [];
  /** Ids of requests of sitreps that have lost. */
  readonly #lost = new Set<string>();
  readonly #deletedAlerts = new Set<string>();

  constructor(service: TestService, random: Random, tally: Tally) {
    this.#service = service;
    this.#random = random;
    this.#tally = tally;
  }

  get #pool() {
    return this.#service.api.db.pool;
  }

  get #client() {
    return this.#service.temporal.client;
  }

  async begin(): Promise<void> {
    const first = aSitrep();
    this.#sent.push(first);
    await live(this.#pool, this.#client, first);
    this.#tally.count('lifecycles');
  }

  /** A few at once, or time passes. */
  async act(): Promise<void> {
    if (this.#random.chance(0.1)) {
      await this.#pass();
      return;
    }
    const head = await this.#head();
    const deeds = Array.from({ length: 1 + this.#random.below(HANDS) }, () => this.#choose(head));
    if (deeds.length > 1) this.#tally.count('races');
    await Promise.all(deeds.map((deed) => deed()));
  }

  /** All that is random is chosen here, before anything is under way. */
  #choose(head: Sent): () => Promise<unknown> {
    const random = this.#random;
    const some = random.chance(0.5) ? (this.#sent.at(-1) as Sent) : random.pick(this.#sent);
    const child = aChildOf(head, {
      cases: [...head.cases.slice(-2), aCase({ alertRequests: [aRequest()] })],
    });
    const deed = random.below(100);
    if (deed < 40) return () => this.#submit(child);
    if (deed < 50) return () => this.#commitSilently(child);
    if (deed < 62) return () => this.#submit(some);
    if (deed < 72) return () => unlessGone(() => lifecycleOf(this.#client, some.id).terminate('by hand'));
    if (deed < 82) return () => unlessGone(() => lifecycleOf(this.#client, some.id).cancel());
    if (deed < 87) return () => unlessGone(() => this.#forget(some));
    if (deed < 95) {
      const signal = random.pick([SUPERSEDED_SIGNAL, RELEASED_SIGNAL, 'nobody knows this']);
      return () => unlessGone(() => lifecycleOf(this.#client, some.id).signal(signal));
    }
    const alert = random.pick(requestIds(some));
    return () => this.#deleteAlert(alert);
  }

  async #submit(sent: Sent): Promise<void> {
    if (!this.#sent.includes(sent)) this.#sent.push(sent);
    const submission = submissionOf(sent);
    // Refused where it was decided and is gone, or its parent has been superseded and pruned.
    if ((await submit(this.#pool, submission)).kind === 'refused') return;
    const started = await startLifecycle(this.#client, startOf(submission));
    this.#tally.count('lifecycles');
    if (started.kind === 'decided' && started.decision.kind === 'orphaned') this.#note(sent);
  }

  #note(lost: Sent): void {
    const [own] = requestIds(lost).slice(-1) as [string];
    this.#lost.add(own);
  }

  /** Past all lifecycles, so that nobody hears of it. */
  async #commitSilently(sent: Sent): Promise<void> {
    const inserted = await insert(this.#pool, sent);
    const made = inserted.kind === 'inserted' ? await swap(this.#pool, sent, KEEP) : null;
    if (made?.kind === 'current') this.#sent.push(sent);
    this.#tally.count('storeOperations', 2);
  }

  async #forget({ id }: Sent): Promise<void> {
    const { connection, namespace } = this.#service.temporal;
    const workflowExecution = { workflowId: workflowIdOf(id) };
    await connection.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
  }

  async #deleteAlert(id: string): Promise<void> {
    if (await deleteAlert(this.#pool, id)) this.#deletedAlerts.add(id);
    this.#tally.count('storeOperations');
  }

  /** Hours pass, and `tend` finds so much. */
  async #pass(): Promise<number> {
    await letPass(this.#pool, '2 hours');
    const { found } = await tend(this.#client, false);
    return Object.values(found).reduce((sum, { count }) => sum + count, 0);
  }

  async #head(): Promise<Sent> {
    const { rows } = await this.#pool.query<{ id: string }>('SELECT sitrep_id AS id FROM fm_sitrep_head');
    return this.#sent.find(({ id }) => id === rows[0]?.id) as Sent;
  }

  /** Then nothing stays but what is in history, and the head's alerts are made, but those that were deleted. */
  async leaveAlone(): Promise<void> {
    const pool = this.#pool;
    await until('only what is in history is left', () => this.#isAtRest(), 90_000);
    await checkInvariants(pool, { keep: KEEP });
    const head = await this.#head();
    expect(await this.#missing(requestIds(head))).toEqual(
      requestIds(head).filter((id) => this.#deletedAlerts.has(id)),
    );
    const gone = [...this.#lost, ...this.#deletedAlerts];
    expect(await this.#missing(gone)).toEqual(gone);
  }

  async #isAtRest(): Promise<boolean> {
    if ((await this.#pass()) > 0) return false;
    const versions = await countRows(this.#pool, 'fm_sitrep_history');
    const submissions = await countRows(this.#pool, 'sitrep_submission');
    if (versions > KEEP || submissions > 0) return false;
    if ((await countRows(this.#pool, 'fm_sitrep')) > versions) return false;
    for (const sent of this.#sent) if (await this.#waitsInVain(sent)) return false;
    return true;
  }

  /** Whether a lifecycle is open whose sitrep is gone: nobody would ever tell it so. */
  async #waitsInVain({ id }: Sent): Promise<boolean> {
    if ((await sitrepState(this.#pool, id)) !== null) return false;
    return (await lifecycleStanding(this.#client, workflowIdOf(id))).open;
  }

  async #missing(alerts: string[]): Promise<string[]> {
    const { rows } = await this.#pool.query<{ id: string }>(
      'SELECT id FROM alert WHERE id = ANY ($1::uuid[])',
      [alerts],
    );
    const present = rows.map(({ id }) => id);
    return alerts.filter((id) => !present.includes(id));
  }
}

async function unlessGone(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const notFound = isGrpcServiceError(error) && error.code === NOT_FOUND;
    if (!(error instanceof WorkflowNotFoundError) && !notFound) throw error;
  }
}
