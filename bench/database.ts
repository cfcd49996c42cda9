import pg from 'pg';
import { migrate } from '../src/store/migrate.ts';
import { createPool } from '../src/store/pool.ts';
import { configure } from './configure.ts';

export interface BenchDatabase {
  url: string;
  pool: pg.Pool;
  drop(): Promise<void>;
}

/** A database of its own with the present schema, in which nothing is analysed unless a case asks for it. */
export async function createDatabase(postgresUrl: string, name: string): Promise<BenchDatabase> {
  const database = `bench_${name}`;
  const url = urlOf(postgresUrl, database);
  await administer(postgresUrl, `CREATE DATABASE ${database}`);
  await migrate(url);
  const pool = createPool(url, { max: 20, applicationName: 'sitrep bench' });
  await configure(pool, { analysisEnabled: false });
  return {
    url,
    pool,
    async drop() {
      await pool.end();
      await administer(postgresUrl, `DROP DATABASE ${database} WITH (FORCE)`);
    },
  };
}

/** Runs `work` with a database that is dropped afterwards. */
export async function withDatabase<T>(
  postgresUrl: string,
  name: string,
  work: (database: BenchDatabase) => Promise<T>,
): Promise<T> {
  const database = await createDatabase(postgresUrl, name);
  try {
    return await work(database);
  } finally {
    await database.drop();
  }
}

function urlOf(postgresUrl: string, database: string): string {
  return Object.assign(new URL(postgresUrl), { pathname: `/${database}` }).href;
}

async function administer(postgresUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
