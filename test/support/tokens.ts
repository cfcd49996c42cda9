import type pg from 'pg';
import type { Role } from '../../src/model/access.ts';
import { DATABASE_OWNER } from '../../src/model/audit.ts';
import { newToken, tokenHash } from '../../src/model/token.ts';
import { createToken } from '../../src/store/token.ts';

export interface TestToken {
  id: string;
  name: string;
  token: string;
}

/** A token straight into the database, as the first of an installation is made. */
export async function makeToken(
  pool: pg.Pool,
  role: Role,
  { name = role as string, expiresInSeconds = null as number | null } = {},
): Promise<TestToken> {
  const token = newToken();
  const made = await createToken(pool, { name, role, expiresInSeconds }, tokenHash(token), DATABASE_OWNER);
  if (made.kind !== 'created') throw new Error(`The name ${name} is taken.`);
  return { id: made.token.id, name, token };
}

/** As if its time were over. */
export async function expire(pool: pg.Pool, { id }: TestToken): Promise<void> {
  await pool.query(`UPDATE access_token SET time_expires = now() - interval '1 second' WHERE id = $1`, [id]);
}

export function bearer({ token }: Pick<TestToken, 'token'>) {
  return { authorization: `Bearer ${token}` };
}

/** No test but those that are about them comes to these. */
export const GENEROUS = { rateLimits: { reads: 100_000, reports: 100_000, changes: 100_000 } };
