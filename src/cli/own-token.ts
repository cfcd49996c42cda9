import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { isLoopback } from '../api/listen-address.ts';
import { DATABASE_OWNER } from '../model/audit.ts';
import type { Settings } from '../model/settings.ts';
import { hasTokenForm, newToken, tokenHash } from '../model/token.ts';
import { createToken, findHolder } from '../store/token.ts';

// The token that a local stack makes for the commands that are run beside it.

/** The token to show the API: what is set, or else that of the local stack, which only this machine is shown. */
export function tokenOf({ SITREP_TOKEN, SITREP_URL, SITREP_DATA_DIR }: Settings): string | null {
  if (SITREP_TOKEN !== '') return SITREP_TOKEN;
  const host = new URL(SITREP_URL).hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || isLoopback(host) ? readOwnToken(SITREP_DATA_DIR) : null;
}

/** Null where no stack has left one, or not to this user. */
function readOwnToken(dataDir: string): string | null {
  try {
    const token = readFileSync(fileIn(dataDir), 'utf8').trim();
    return hasTokenForm(token) ? token : null;
  } catch {
    return null;
  }
}

/**
 * Sees to it that there is one that is taken, and returns its file, which only its owner may read. One that was revoked
 * is not taken any more, so another one is made.
 */
export async function keepOwnToken(dataDir: string, pool: pg.Pool): Promise<string> {
  const file = fileIn(dataDir);
  const before = readOwnToken(dataDir);
  if (before === null || !(await findHolder(pool, tokenHash(before)))) {
    // The mode counts only for a file that is made.
    await rm(file, { force: true });
    await writeFile(file, await makeOwnToken(pool), { mode: 0o600, flag: 'wx' });
  }
  return file;
}

async function makeOwnToken(pool: pg.Pool): Promise<string> {
  const token = newToken();
  const hash = tokenHash(token);
  // Several stacks may share a database, and each has its own.
  const name = `local-${hash.toString('hex', 0, 4)}`;
  const { kind } = await createToken(
    pool,
    { name, role: 'admin', expiresInSeconds: null },
    hash,
    DATABASE_OWNER,
  );
  if (kind === 'nameTaken') return makeOwnToken(pool);
  return token;
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'token');
}
