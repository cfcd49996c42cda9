import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import type { Queryable } from './transaction.ts';

const FOLDER = new URL('../../migrations/', import.meta.url);
const FILE = /^(\d{4})_[a-z0-9_]+\.sql$/;
/** Any fixed number: whoever migrates holds it, so that many instances may start at once. */
const LOCK = 7480_0001;

interface Migration {
  number: number;
  name: string;
  sql: string;
  digest: string;
}
interface Applied {
  number: number;
  name: string;
  digest: string;
}

/**
 * Brings a database to this code's schema. Forward only, each migration in a transaction of its own.
 * @throws when the database has migrations that this code does not know, or knows with another text.
 */
export async function migrate(databaseUrl: string): Promise<{ applied: string[] }> {
  const migrations = await readMigrations();
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(`SET lock_timeout = '60s'`);
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await client.query(`CREATE TABLE IF NOT EXISTS sitrep_migration (
      number integer PRIMARY KEY, name text NOT NULL, digest text NOT NULL,
      time_applied timestamptz NOT NULL DEFAULT now())`);
    const before = await readApplied(client);
    const fault = compare(migrations, before);
    if (fault?.kind === 'unusable') throw new Error(fault.detail);
    const pending = migrations.slice(before.length);
    for (const migration of pending) await apply(client, migration);
    return { applied: pending.map((migration) => migration.name) };
  } finally {
    await client.end();
  }
}

/** What is wrong with the database's schema for this code, in a sentence, or null. */
export async function schemaFault(database: Queryable): Promise<string | null> {
  const known = await database.query<{ known: boolean }>(
    `SELECT to_regclass('sitrep_migration') IS NOT NULL AS known`,
  );
  const applied = known.rows[0]?.known ? await readApplied(database) : [];
  return compare(await readMigrations(), applied)?.detail ?? null;
}

async function apply(client: pg.Client, { number, name, sql, digest }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO sitrep_migration (number, name, digest) VALUES ($1, $2, $3)', [
      number,
      name,
      digest,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`Migration ${name} failed: ${(error as Error).message}`, { cause: error });
  }
}

async function readApplied(database: Queryable): Promise<Applied[]> {
  const { rows } = await database.query<Applied>(
    'SELECT number, name, digest FROM sitrep_migration ORDER BY number',
  );
  return rows;
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => FILE.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, FOLDER), 'utf8');
      const digest = createHash('sha256').update(sql).digest('hex');
      return { number: Number(FILE.exec(name)?.[1]), name, sql, digest };
    }),
  );
}

function compare(
  migrations: Migration[],
  applied: Applied[],
): { kind: 'behind' | 'unusable'; detail: string } | null {
  for (const [index, row] of applied.entries()) {
    const known = migrations[index];
    if (!known) {
      return {
        kind: 'unusable',
        detail: `The database is newer than this code: it has ${row.name}. Update Sitrep.`,
      };
    }
    if (known.name !== row.name || known.digest !== row.digest) {
      return {
        kind: 'unusable',
        detail: `The database has ${row.name} with another text than this code's ${known.name}.`,
      };
    }
  }
  const missing = migrations.slice(applied.length);
  if (missing.length === 0) return null;
  return {
    kind: 'behind',
    detail: `The database lacks ${missing.map((migration) => migration.name).join(', ')}. Run \`sitrep migrate\`.`,
  };
}
