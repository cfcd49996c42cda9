import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { deleteAlert } from '../../src/store/alert.ts';
import { updateReceiver } from '../../src/store/receiver.ts';
import { resendFailed } from '../../src/store/resend.ts';
import { submit } from '../../src/store/submission.ts';
import { startLifecycle } from '../../src/temporal/lifecycle-start.ts';
import { wakeReceiver } from '../../src/webhook/wake-receiver.ts';
import { until } from '../e2e/local-stack.ts';
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
import { startOf } from '../support/lifecycles.ts';
import { makeReceiver } from '../support/receivers.ts';
import { Faults } from './processes/faults.ts';
import { FickleReceiver } from './processes/fickle-receiver.ts';
import { ownGround } from './processes/own-ground.ts';
import { type Lines, Stage } from './processes/stage.ts';
import { Random } from './random.ts';
import type { Tally } from './tally.ts';
import { IS_LONG, underFire } from './under-fire.ts';

const RECEIVERS = 3;
const ALERTS = 20;
/** Sitreps that ask for so many alerts, one after the other. */
const SITREPS = IS_LONG ? 12 : 4;
/** An attempt ends within that time, and is taken for lost after twice as much. */
const SEND_MS = 3_000;
/** Attempts that a delivery has: with so many none fails for good, however fickle its receiver. */
const RETRY_DELAYS = Array<number>(50).fill(0);
const PATIENCE = 200_000;

const ground = ownGround();

underFire(
  '[I28] [I35] [I36] [I38] every alert reaches every receiver that subscribed, twice only where a crash lay between send and record',
  600_000,
  async (seed, tally) => {
    const random = new Random(seed);
    const { bundle, servers } = ground();
    const env = { SITREP_FIRE_BUNDLE: bundle.codePath, SITREP_FIRE_SEND_MS: String(SEND_MS) };
    const stage = await Stage.open(servers, env, tally);
    const receivers = await Promise.all(
      Array.from({ length: RECEIVERS }, (_, index) => FickleReceiver.start(new Random(seed + index))),
    );
    try {
      const workers = await Promise.all([1, 2].map(() => stage.placeWorker(() => null)));
      const attack = new Attack(stage, receivers, workers, random, tally);
      await Promise.race([attack.run(), stage.failed]);
    } finally {
      await stage.close();
      await Promise.all(receivers.map((receiver) => receiver.stop()));
    }
  },
);

type Worker = Lines & { post: { kill(): void } };

class Attack {
  readonly #stage: Stage;
  readonly #receivers: FickleReceiver[];
  readonly #workers: Worker[];
  readonly #random: Random;
  readonly #tally: Tally;
  readonly #faults = new Faults();
  readonly #deleted = new Set<string>();
  #ids: string[] = [];

  constructor(stage: Stage, receivers: FickleReceiver[], workers: Worker[], random: Random, tally: Tally) {
    this.#stage = stage;
    this.#receivers = receivers;
    this.#workers = workers;
    this.#random = random;
    this.#tally = tally;
  }

  async run(): Promise<void> {
    const { pool } = this.#stage;
    this.#ids = await Promise.all(
      this.#receivers.map(({ url }) => makeReceiver(pool, { endpoint: url, retryDelays: RETRY_DELAYS })),
    );
    const [disabled] = this.#ids as [string];
    let head: Sent | null = null;
    for (let n = 0; n < SITREPS; n++) {
      head = await this.#moveOn(head);
      await this.#untilAsked(1 + this.#random.below(ALERTS));
      if (n === 1) await updateReceiver(pool, disabled, { enabled: false });
      await this.#faults.during(this.#fault());
      if (n === 2) await updateReceiver(pool, disabled, { enabled: true });
      await this.#deleteOne(requestIds(head));
    }
    await this.#untilQuiet(requestIds(head as Sent));
    // What the disabled one missed is listed as skipped, and sent again when that is asked for.
    await resendFailed(pool, disabled, '2020-01-01T00:00:00Z');
    await wakeReceiver(this.#stage.temporal.client, disabled);
    await this.#untilQuiet(requestIds(head as Sent));
    await this.#judge(requestIds(head as Sent));
  }

  /** A sitrep that asks for more alerts, and for those before it as well: none is dropped before it is made. */
  async #moveOn(head: Sent | null): Promise<Sent> {
    const more = aCase({ alertRequests: Array.from({ length: ALERTS }, () => aRequest()) });
    const sent = head ? aChildOf(head, { cases: [...head.cases, more] }) : aSitrep({ cases: [more] });
    const submission = submissionOf(sent);
    await submit(this.#stage.pool, submission);
    const started = await startLifecycle(this.#stage.temporal.client, startOf(submission), PATIENCE);
    expect(started).toMatchObject({ kind: 'decided', decision: { kind: 'current' } });
    this.#tally.count('lifecycles');
    return sent;
  }

  async #untilAsked(more: number): Promise<void> {
    const asked = () => this.#receivers.reduce((sum, receiver) => sum + receiver.asked, 0);
    const goal = asked() + more;
    await until(`receivers are asked ${more} times more`, () => asked() >= goal, PATIENCE);
  }

  #fault(): () => void | Promise<void> {
    const worker = this.#random.pick(this.#workers);
    const kill = () => worker.post.kill();
    const cut = () => this.#tally.count('cuts', worker.postgres.cut());
    const stall = async () => {
      worker.postgres.stall();
      await pause(500 + this.#random.below(2_000));
      worker.postgres.resume();
      this.#tally.count('cuts');
    };
    const crash = async () => {
      await ground().servers.crashPostgres();
      this.#tally.count('restarts');
    };
    return this.#random.pick(IS_LONG ? [kill, kill, cut, cut, stall, crash] : [kill, cut]);
  }

  async #deleteOne(alerts: string[]): Promise<void> {
    const id = this.#random.pick(alerts);
    // Whether or not it has been made: what is made later stays.
    if (await deleteAlert(this.#stage.pool, id)) this.#deleted.add(id);
  }

  /** Each alert is made and told, and nothing is under way any more. Nobody has to tend for that. */
  async #untilQuiet(alerts: string[]): Promise<void> {
    await until(
      'every delivery has come to its end',
      async () => {
        const { rows } = await this.#stage.pool.query<{ quiet: boolean }>(
          `SELECT (SELECT count(*) FROM rendezvous_alert_created) = $1
              AND NOT EXISTS (SELECT FROM alert WHERE time_dispatched IS NULL)
              AND NOT EXISTS (SELECT FROM delivery WHERE state = 'pending') AS quiet`,
          [alerts.length],
        );
        return rows[0]?.quiet === true;
      },
      PATIENCE,
    );
  }

  async #judge(alerts: string[]): Promise<void> {
    const { pool } = this.#stage;
    await checkInvariants(pool);
    const { rows } = await pool.query<Judged>(JUDGED);
    this.#tally.count('deliveries', rows.length);
    const told = new Map(rows.map((row) => [`${row.receiver} ${row.alert}`, row]));
    for (const [index, receiver] of this.#receivers.entries()) {
      for (const alert of alerts) {
        const row = told.get(`${this.#ids[index]} ${alert}`);
        const accepted = receiver.accepted.get(alert) ?? 0;
        if (!row) {
          expect(this.#deleted, `${alert} was never on its way to receiver ${index}`).toContain(alert);
          continue;
        }
        if (!this.#deleted.has(alert))
          expect(row.delivered, `${alert} to receiver ${index}`).toBeGreaterThan(0);
        this.#expectExplained(accepted, row);
        if (accepted > 1) this.#tally.count('duplicates', accepted - 1);
      }
    }
  }

  /** What was accepted is on record as that, or as an attempt whose end nobody came to know, since something was broken. */
  #expectExplained(accepted: number, { delivered, timedOut, lost }: Judged): void {
    expect(accepted).toBeGreaterThanOrEqual(delivered);
    expect(accepted).toBeLessThanOrEqual(delivered + timedOut + lost.length);
    for (const started of lost.map(Number)) {
      expect(this.#faults.between(started - 1_000, started + 2 * SEND_MS), `lost at ${started}`).toBe(true);
    }
  }
}

interface Judged {
  receiver: string;
  alert: string;
  /** Attempts by their end. */
  delivered: number;
  timedOut: number;
  /** When those were begun whose end is unknown, in milliseconds since 1970. */
  lost: string[];
}
const JUDGED = `
  SELECT d.receiver_id AS receiver, d.alert_id AS alert,
         count(*) FILTER (WHERE t.outcome = 'delivered') AS delivered,
         count(*) FILTER (WHERE t.outcome = 'timed-out') AS "timedOut",
         coalesce(array_agg((extract(epoch FROM t.time_started) * 1000)::bigint)
                    FILTER (WHERE t.number IS NOT NULL AND coalesce(t.outcome, 'unknown') = 'unknown'), '{}') AS lost
    FROM delivery d LEFT JOIN delivery_attempt t ON t.delivery_id = d.id
   GROUP BY 1, 2`;
