import type pg from 'pg';
import { PgBoss } from 'pg-boss';
import { type Announced, alertMessage } from '../src/webhook/message.ts';
import { newSecret, sign, signingKey } from '../src/webhook/signature.ts';
import type { BenchDatabase } from './database.ts';
import type { Post } from './post.ts';
import { anAlert } from './subscriber.ts';
import { untilNone } from './until-none.ts';

const QUEUE = 'deliveries';
const RETRIES = { retryLimit: 10, retryDelay: 5, retryBackoff: true };
/** Jobs that one statement takes, and one settles. */
const BATCH = 500;
/** While one batch is taken or settled, another one is sent. */
const BATCHES = 2;

/** Deliveries on pg-boss: a job for each, taken and settled in batches, with an outcome of its own. */
export class Boss {
  readonly #boss: PgBoss;
  readonly #pool: pg.Pool;
  readonly #post: Post;
  readonly #places: number;
  readonly #keys = [signingKey(newSecret())];

  private constructor(boss: PgBoss, pool: pg.Pool, post: Post, atOnce: number) {
    this.#boss = boss;
    this.#pool = pool;
    this.#post = post;
    this.#places = atOnce / BATCHES;
  }

  static async start({ url, pool }: BenchDatabase, post: Post, atOnce: number): Promise<Boss> {
    const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false });
    await boss.start();
    await boss.createQueue(QUEUE, RETRIES);
    return new Boss(boss, pool, post, atOnce);
  }

  async makeJobs(count: number): Promise<void> {
    await this.#boss.offWork(QUEUE);
    await this.#pool.query('TRUNCATE pgboss.job');
    await this.#boss.insert(
      QUEUE,
      Array.from({ length: count }, () => ({ data: anAlert() })),
    );
  }

  /** Resolves when all jobs are completed. */
  async work(): Promise<void> {
    const options = {
      batchSize: BATCH,
      localConcurrency: BATCHES,
      burstWhenBatchFull: true,
      perJobResults: true,
    } as const;
    await this.#boss.work<Announced, unknown, typeof options>(QUEUE, options, (jobs) => this.#deliver(jobs));
    await untilNone(this.#pool, `pgboss.job WHERE state < 'completed'`);
  }

  async stop(): Promise<void> {
    await this.#boss.stop();
  }

  async #deliver(jobs: { id: string; data: Announced }[]) {
    const results: { id: string; status: 'completed' | 'failed'; output: { status: number } }[] = [];
    const left = jobs.values();
    const place = async () => {
      for (const { id, data } of left) {
        const body = alertMessage(data);
        const headers = sign(data.id, Math.floor(Date.now() / 1000), body, this.#keys);
        const status = await this.#post.send({ ...headers }, body);
        results.push({ id, status: status < 300 ? 'completed' : 'failed', output: { status } });
      }
    };
    await Promise.all(Array.from({ length: this.#places }, place));
    return results;
  }
}
