import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PostgresPrograms, runUnprivileged, UNPRIVILEGED } from './postgres-program.ts';
import { listProcesses } from './process-list.ts';

/** A Postgres on disk. */
export interface PostgresData {
  folder: string;
  user: string;
  password: string;
}

const USER = 'sitrep';
const INIT_TIMEOUT = 120_000;

export const dataFolder = (dataDir: string) => join(dataDir, 'postgres');
export const unfinishedFolder = (dataDir: string) => join(dataDir, 'postgres.unfinished');

/** Opens the data that a data folder holds, set up now if there is none. */
export async function openPostgresData(
  programs: PostgresPrograms,
  dataDir: string,
  report: (line: string) => void,
): Promise<PostgresData> {
  const folder = dataFolder(dataDir);
  const passwordFile = join(dataDir, 'postgres-password');
  if (await exists(folder)) {
    await forgetRecycledPid(folder);
  } else {
    report(`Postgres: setting up ${folder}`);
    await setUp(programs, dataDir, passwordFile);
  }
  return { folder, user: USER, password: await readFile(passwordFile, 'utf8') };
}

/** A set-up that was interrupted leaves nothing that looks like a database. */
async function setUp(programs: PostgresPrograms, dataDir: string, passwordFile: string): Promise<void> {
  const unfinished = unfinishedFolder(dataDir);
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  if (UNPRIVILEGED) await chown(unfinished, UNPRIVILEGED.uid, UNPRIVILEGED.gid);
  // Other users of the machine reach the port too, so there is a password that only the owner can read.
  await writeFile(passwordFile, randomBytes(18).toString('base64url'), { mode: 0o600 });
  const args = [`--pgdata=${unfinished}`, `--username=${USER}`, `--pwfile=${passwordFile}`];
  // The machine's locale decides nothing: text is UTF-8 and sorts by code point.
  args.push('--auth=scram-sha-256', '--encoding=UTF8', '--locale=C');
  args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8');
  try {
    await runUnprivileged(programs.initdb, args, INIT_TIMEOUT);
  } catch (error) {
    throw new Error(`Postgres could not be set up in ${dataDir}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  await rename(unfinished, dataFolder(dataDir));
}

/**
 * After a kill Postgres finds its old process id in `postmaster.pid` and refuses to start while *any* process
 * of this user has that id; in a container, where ids are few, that is soon another one.
 */
async function forgetRecycledPid(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
  if (Number.isNaN(pid)) return;
  const holder = (await listProcesses()).find((running) => running.pid === pid);
  if (holder && !holder.commandLine.includes(folder)) await rm(file, { force: true });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
