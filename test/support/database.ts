import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { createPool } from '../../src/store/pool.ts';

export interface TestDatabase {
  url: string;
  pool: pg.Pool;
  /** Copies it as it is now, whatever goes on in it; `restore` puts that in its place. */
  backUp(): Promise<{ restore(): Promise<void> }>;
  /** Fails when a client of the pool was never given back: a leak that would starve a service. */
  drop(): Promise<void>;
}

/** A database of its own with the present schema, cloned from the template of the global setup. */
export async function createDatabase({ max = 20 } = {}): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await administer(`CREATE DATABASE ${name} TEMPLATE sitrep_template`);
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  const pool = createPool(url.href, { max, applicationName: 'sitrep test' });
  return {
    url: url.href,
    pool,
    async backUp() {
      const copy = `${name}_copy`;
      // A template must be in nobody's use. Whoever was at work fails, as in a crash, and tries again.
      await administer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await administer(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
      await administer(`CREATE DATABASE ${copy} TEMPLATE ${name}`);
      await administer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
      return {
        async restore() {
          await administer(`DROP DATABASE ${name} WITH (FORCE)`);
          await administer(`ALTER DATABASE ${copy} RENAME TO ${name}`);
        },
      };
    },
    async drop() {
      const leaked = pool.totalCount - pool.idleCount;
      await pool.end();
      await administer(`DROP DATABASE ${name} WITH (FORCE)`);
      if (leaked > 0) throw new Error(`${leaked} clients were never released to the pool.`);
    },
  };
}

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
