import { join } from 'node:path';
import pg from 'pg';
import { type RunningChild, startChild } from './child.ts';
import type { Mark } from './leftover.ts';
import { freePort, onFreePort } from './port.ts';
import { dataFolder, openPostgresData, type PostgresData, unfinishedFolder } from './postgres-data.ts';
import { findPostgresPrograms, type PostgresPrograms, unprivileged } from './postgres-program.ts';

export interface PostgresOptions {
  /** An absolute path; the data is kept in its folder `postgres`. */
  dataDir: string;
  report: (line: string) => void;
  /** Settings of the server, such as `fsync`. */
  settings?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

export interface RunningPostgres extends RunningChild {
  /** The URL of the database `sitrep`. */
  url: string;
}

const DATABASE = 'sitrep';
/** The fast way: sessions are ended. On SIGTERM it would wait until the last one leaves by itself. */
const STOP_SIGNAL = 'SIGINT';
/** After a crash it first replays its log, which takes a while for a large database. */
const READY_WITHIN = 120_000;
const CONNECT_TIMEOUT = 5_000;
const QUERY_TIMEOUT = 60_000;

/** Starts Postgres on a free port of the loopback interface; a new data folder is set up first. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { dataDir, report } = options;
  const programs = await findPostgresPrograms();
  const data = await openPostgresData(programs, dataDir, report);
  const started = await onFreePort(() => serve(programs, data, options));
  try {
    await createDatabase(started.url);
  } catch (error) {
    await started.stop();
    throw error;
  }
  report(`Postgres: listens on ${new URL(started.url).host}`);
  return started;
}

/** How a Postgres of a data folder is recognised, one that is being set up included. */
export function postgresMarks(dataDir: string): Mark[] {
  const mark = { name: 'Postgres', stopSignal: STOP_SIGNAL } as const;
  return [
    { ...mark, args: `-D ${dataFolder(dataDir)}` },
    { ...mark, args: `--pgdata=${unfinishedFolder(dataDir)}` },
  ];
}

async function serve(
  programs: PostgresPrograms,
  { folder, user, password }: PostgresData,
  { dataDir, settings = {}, signal }: PostgresOptions,
): Promise<RunningPostgres> {
  const port = await freePort();
  const url = `postgres://${user}:${password}@127.0.0.1:${port}/${DATABASE}`;
  const args = ['-D', folder, '-p', String(port)];
  // A socket file would stand in a folder that another Postgres may use as well.
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings };
  for (const [name, value] of Object.entries(all)) args.push('-c', `${name}=${value}`);
  const child = await startChild({
    name: 'Postgres',
    ...unprivileged(programs.postgres, args),
    logFile: join(dataDir, 'logs', 'postgres.log'),
    stopSignal: STOP_SIGNAL,
    probe: () => query(maintenance(url), 'SELECT 1'),
    readyWithin: READY_WITHIN,
    signal,
  });
  return { ...child, url };
}

async function createDatabase(url: string): Promise<void> {
  const found = await query(maintenance(url), `SELECT FROM pg_database WHERE datname = '${DATABASE}'`);
  if (found.rowCount === 0) await query(maintenance(url), `CREATE DATABASE ${DATABASE}`);
}

/** The URL of the database that is always there. */
export function maintenance(url: string): string {
  return Object.assign(new URL(url), { pathname: '/postgres' }).href;
}

async function query(connectionString: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    query_timeout: QUERY_TIMEOUT,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.query(text);
  } finally {
    await client.end();
  }
}
