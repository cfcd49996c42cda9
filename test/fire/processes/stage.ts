import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../../src/store/migrate.ts';
import { createPool } from '../../../src/store/pool.ts';
import { TEST_SECRET_KEY } from '../../support/mail.ts';
import { connectTemporal, type TestTemporal } from '../../support/temporal.ts';
import type { Tally } from '../tally.ts';
import type { ApiOrder } from './api-process.ts';
import type { KillPoint } from './kill-point.ts';
import type { Line } from './line.ts';
import { apiProcess, workerProcess } from './mortal-process.ts';
import type { OwnServers } from './own-servers.ts';
import { Post } from './post.ts';
import { ServedPart } from './served-part.ts';

/** What a process reaches its servers by. */
export interface Lines {
  postgres: Line;
  temporal: Line;
}
export interface Placed<Order> extends Lines {
  post: Post<Order>;
}

/** Everything that runs in one round: a database, a namespace, and processes that each have lines of their own. */
export class Stage {
  readonly pool: pg.Pool;
  readonly temporal: TestTemporal;
  readonly #servers: OwnServers;
  readonly #database: string;
  readonly #env: Record<string, string>;
  readonly #tally: Tally;
  readonly #lines: Line[];
  readonly #posts: Pick<Post<unknown>, 'failed' | 'close'>[] = [];
  readonly #served: ServedPart[] = [];

  private constructor(
    servers: OwnServers,
    database: string,
    temporal: TestTemporal,
    lines: Lines,
    env: Record<string, string>,
    tally: Tally,
  ) {
    this.#servers = servers;
    this.#database = database;
    this.temporal = temporal;
    this.#lines = [lines.postgres, lines.temporal];
    this.#env = env;
    this.#tally = tally;
    this.pool = createPool(servers.databaseUrl(database, lines.postgres), { max: 5 });
  }

  static async open(servers: OwnServers, env: Record<string, string>, tally: Tally): Promise<Stage> {
    const lines = await linesTo(servers);
    const database = `round_${randomUUID().replaceAll('-', '')}`;
    const client = new pg.Client({ connectionString: servers.databaseUrl('postgres', lines.postgres) });
    await client.connect();
    await client.query(`CREATE DATABASE ${database}`);
    await client.end();
    await migrate(servers.databaseUrl(database, lines.postgres));
    const temporal = await connectTemporal({ address: `127.0.0.1:${lines.temporal.port}` });
    return new Stage(servers, database, temporal, lines, env, tally);
  }

  async placeWorker(order: () => KillPoint | null): Promise<Placed<KillPoint | null>> {
    const lines = await linesTo(this.#servers);
    return this.#place(lines, new Post(() => workerProcess(this.#envOf(lines)), order, this.#tally));
  }

  async placeApi(order: () => ApiOrder): Promise<Placed<ApiOrder>> {
    const lines = await linesTo(this.#servers);
    return this.#place(lines, new Post(() => apiProcess(this.#envOf(lines)), order, this.#tally));
  }

  /** The command itself, which only the test's signals stop. */
  async serve(part: 'api' | 'worker', more: Record<string, string> = {}): Promise<ServedPart> {
    const lines = await linesTo(this.#servers);
    this.#lines.push(lines.postgres, lines.temporal);
    const served = await ServedPart.start(part, {
      SITREP_AUTH: 'off',
      SITREP_LISTEN: '127.0.0.1:0',
      SITREP_SECRET_KEY: TEST_SECRET_KEY,
      SITREP_WEBHOOK_ALLOW: '127.0.0.0/8',
      ...this.#envOf(lines),
      ...more,
    });
    this.#served.push(served);
    return served;
  }

  /** Rejects when a process ends by itself. */
  get failed(): Promise<never> {
    return Promise.race(this.#posts.map(({ failed }) => failed));
  }

  async close(): Promise<void> {
    await Promise.all(this.#posts.map((post) => post.close()));
    await Promise.all(this.#served.map((served) => served.kill()));
    await this.temporal.close();
    await this.pool.end();
    await Promise.all(this.#lines.map((line) => line.close()));
  }

  #place<Order>(lines: Lines, post: Post<Order>): Placed<Order> {
    this.#lines.push(lines.postgres, lines.temporal);
    this.#posts.push(post);
    return { ...lines, post };
  }

  #envOf({ postgres, temporal }: Lines): Record<string, string> {
    return {
      DATABASE_URL: this.#servers.databaseUrl(this.#database, postgres),
      TEMPORAL_ADDRESS: `127.0.0.1:${temporal.port}`,
      TEMPORAL_NAMESPACE: this.temporal.namespace,
      ...this.#env,
    };
  }
}

async function linesTo(servers: OwnServers): Promise<Lines> {
  return { postgres: await servers.lineToPostgres(), temporal: await servers.lineToTemporal() };
}
