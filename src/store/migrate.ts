import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { DEADLOCK, LOCK_NOT_AVAILABLE, type Queryable, sqlState } from './transaction.ts';

const FOLDER = new URL('../../migrations/', import.meta.url);
const FILE = /^(\d{4})_[a-z0-9_]+\.sql$/;
/** Any fixed number: whoever migrates holds it, so that many instances may start at once. */
const LOCK = 7480_0001;

/**
 * Migrations that a database may have beyond this code's: while a fleet is upgraded, the instances of before go on, and
 * start again, on the schema of the next version. docs/migrations.md says what that asks of a migration.
 */
const MAY_BE_AHEAD_BY = 1;

const SESSION = {
  // Nobody waits behind this but others that migrate; whoever is first may take a while.
  lock_timeout: '10min',
  // A migration that takes longer stands in the way of too much to be let go on: it is undone.
  statement_timeout: '15min',
  // Of a machine that vanished in the middle, neither the transaction nor the lock stays.
  idle_in_transaction_session_timeout: '15s',
  tcp_keepalives_idle: '15',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
};
/**
 * How long a migration waits for a lock. Whoever comes after it waits behind it, so behind one long read it would stop
 * all of the service: it lets go soon, has the others pass, and tries again.
 */
const LOCK_TIMEOUT = '2s';
/** So long it tries. */
const PATIENCE_MS = 5 * 60_000;
const LONGEST_PAUSE_MS = 10_000;

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

export interface Migrated {
  applied: string[];
  /** What the database has beyond this code, which works with it. */
  newer: string[];
}

export interface MigrateOptions {
  /** Where the migrations are. */
  folder?: URL;
  /** How long each is tried that doesn't get its locks. */
  patienceMs?: number;
}

/**
 * Brings a database to this code's schema. Forward only, each migration in a transaction of its own.
 * @throws when the database has more migrations than this code works with, or knows one with another text.
 */
export async function migrate(
  databaseUrl: string,
  { folder = FOLDER, patienceMs = PATIENCE_MS }: MigrateOptions = {},
): Promise<Migrated> {
  const migrations = await readMigrations(folder);
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'sitrep migrate',
    connectionTimeoutMillis: 10_000,
    options: Object.entries(SESSION)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  });
  // What is sent through a connection that broke says so.
  client.on('error', () => {});
  await client.connect();
  try {
    await takeTurn(client);
    await client.query(`CREATE TABLE IF NOT EXISTS sitrep_migration (
      number integer PRIMARY KEY, name text NOT NULL, digest text NOT NULL,
      time_applied timestamptz NOT NULL DEFAULT now())`);
    const before = await readApplied(client);
    const { unusable, missing, newer } = compare(migrations, before);
    if (unusable !== null) throw new Error(unusable);
    for (const migration of missing) await apply(client, migration, patienceMs);
    return { applied: missing.map(({ name }) => name), newer };
  } finally {
    await client.end();
  }
}

/** What keeps this code from working with the database's schema, in a sentence, or null. */
export async function schemaFault(database: Queryable): Promise<string | null> {
  const { unusable, missing } = await schemaStanding(database);
  if (unusable !== null) return unusable;
  if (missing.length === 0) return null;
  return `The database lacks ${missing.join(', ')}. Run \`sitrep migrate\`.`;
}

export interface SchemaStanding {
  /** Why this code can neither work with the database nor migrate it, or null. */
  unusable: string | null;
  /** Migrations that are to be applied. */
  missing: string[];
}

export async function schemaStanding(database: Queryable): Promise<SchemaStanding> {
  const known = await database.query<{ known: boolean }>(
    `SELECT to_regclass('sitrep_migration') IS NOT NULL AS known`,
  );
  const applied = known.rows[0]?.known ? await readApplied(database) : [];
  const { unusable, missing } = compare(await readMigrations(FOLDER), applied);
  return { unusable, missing: missing.map(({ name }) => name) };
}

/** The lock is the session's, and goes with it. */
async function takeTurn(client: pg.Client): Promise<void> {
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
  } catch (error) {
    if (sqlState(error) !== LOCK_NOT_AVAILABLE) throw error;
    throw new Error(`Somebody else has been migrating this database for ${SESSION.lock_timeout}.`, {
      cause: error,
    });
  }
}

async function apply(client: pg.Client, migration: Migration, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (let wait = 250; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
    try {
      return await applyWhole(client, migration);
    } catch (error) {
      if (!LOCKED_OUT.has(sqlState(error) ?? '')) throw failed(migration, (error as Error).message, error);
      if (performance.now() + wait > deadline) {
        const detail =
          'others hold what it has to lock, and have not let go. Nothing was changed. Look for long transactions (pg_stat_activity), and run it again.';
        throw failed(migration, detail, error);
      }
    }
    await pause(wait);
  }
}

/** What says nothing against the migration itself. */
const LOCKED_OUT = new Set([LOCK_NOT_AVAILABLE, DEADLOCK]);

function failed({ name }: Migration, detail: string, cause: unknown): Error {
  return new Error(`Migration ${name} failed: ${detail}`, { cause });
}

async function applyWhole(client: pg.Client, { number, name, sql, digest }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
    await client.query(sql);
    await client.query('INSERT INTO sitrep_migration (number, name, digest) VALUES ($1, $2, $3)', [
      number,
      name,
      digest,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function readApplied(database: Queryable): Promise<Applied[]> {
  const { rows } = await database.query<Applied>(
    'SELECT number, name, digest FROM sitrep_migration ORDER BY number',
  );
  return rows;
}

async function readMigrations(folder: URL): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => FILE.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, folder), 'utf8');
      const digest = createHash('sha256').update(sql).digest('hex');
      return { number: Number(FILE.exec(name)?.[1]), name, sql, digest };
    }),
  );
}

interface Comparison {
  unusable: string | null;
  missing: Migration[];
  newer: string[];
}

function compare(migrations: Migration[], applied: Applied[]): Comparison {
  const newer = applied.slice(migrations.length).map(({ name }) => name);
  const missing = migrations.slice(applied.length);
  return { unusable: otherText(migrations, applied) ?? tooNew(newer), missing, newer };
}

function otherText(migrations: Migration[], applied: Applied[]): string | null {
  for (const [index, known] of migrations.entries()) {
    const row = applied[index];
    if (row && (known.name !== row.name || known.digest !== row.digest)) {
      return `The database has ${row.name} with another text than this code's ${known.name}.`;
    }
  }
  return null;
}

function tooNew(newer: string[]): string | null {
  if (newer.length <= MAY_BE_AHEAD_BY) return null;
  return `The database is newer than this code: it has ${newer.join(', ')}, and this code works with at most ${MAY_BE_AHEAD_BY} of them. Update Sitrep.`;
}
