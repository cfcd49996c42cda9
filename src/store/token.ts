import type pg from 'pg';
import type { Role } from '../model/access.ts';
import type { Actor } from '../model/audit.ts';
import { newId } from '../model/id.ts';
import type { TokenInput, TokenView } from '../model/token.ts';
import type { Page } from '../model/views.ts';
import { record } from './audit.ts';
import { pageOf, readCursor, timeAsText } from './cursor.ts';
import { type Queryable, sqlState, transaction, UNIQUE_VIOLATION } from './transaction.ts';

const TOKEN = `
  SELECT id, name, role, ${timeAsText('time_created')} AS "timeCreated",
         ${timeAsText('time_expires')} AS "timeExpires", ${timeAsText('time_last_used')} AS "timeLastUsed"
    FROM access_token`;

export type TokenCreated = { kind: 'created'; token: TokenView } | { kind: 'nameTaken' };

/** Of the token itself the store hears only its hash. */
export async function createToken(
  pool: pg.Pool,
  { name, role, expiresInSeconds }: TokenInput,
  hash: Buffer,
  by: Actor,
): Promise<TokenCreated> {
  const id = newId();
  try {
    return await transaction(pool, async (client) => {
      await client.query(
        `INSERT INTO access_token (id, name, role, hash, time_expires)
         VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))`,
        [id, name, role, hash, expiresInSeconds],
      );
      const { rows } = await client.query<TokenView>(`${TOKEN} WHERE id = $1`, [id]);
      const token = rows[0] as TokenView;
      await record(client, by, { action: 'token.created', thing: id, after: onRecord(token) });
      return { kind: 'created', token };
    });
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) return { kind: 'nameTaken' };
    throw error;
  }
}

/** Tokens newest first, the expired ones among them. */
export async function listTokens(
  pool: pg.Pool,
  { limit, cursor, name }: { limit: number; cursor?: string; name?: string },
): Promise<Page<TokenView>> {
  const after = readCursor(cursor);
  const { rows } = await pool.query<TokenView>(
    `${TOKEN}
      WHERE ($2::timestamptz IS NULL OR (time_created, id) < ($2, $3::uuid))
        AND ($4::text IS NULL OR name = $4)
      ORDER BY time_created DESC, id DESC LIMIT $1`,
    [limit + 1, after?.time ?? null, after?.id ?? null, name ?? null],
  );
  return pageOf(rows, limit, ({ timeCreated, id }) => ({ time: timeCreated, id }));
}

/** Its row goes; that it was there, and who ended it, the audit log tells. False when there is no such token. */
export function revokeToken(pool: pg.Pool, id: string, by: Actor): Promise<boolean> {
  return transaction(pool, async (client) => {
    await client.query('SELECT FROM access_token WHERE id = $1 FOR UPDATE', [id]);
    const { rows } = await client.query<TokenView>(`${TOKEN} WHERE id = $1`, [id]);
    const [token] = rows;
    if (!token) return false;
    await client.query('DELETE FROM access_token WHERE id = $1', [id]);
    await record(client, by, { action: 'token.revoked', thing: id, before: onRecord(token) });
    return true;
  });
}

function onRecord({ name, role, timeExpires }: TokenView) {
  return { name, role, timeExpires };
}

/** Whose token it is. */
export interface Holder {
  id: string;
  name: string;
  role: Role;
  /** Until it expires; null if it doesn't. Not positive once it has. */
  secondsLeft: number | null;
}

/** Nobody is let in meanwhile, and it is one row by an index: what takes longer has lost its server. */
const LOOK_UP_TIMEOUT = 5_000;

/**
 * Who has the token of this hash, if anybody. That it is used is remembered to within a minute, and only if nobody else
 * has its row just then: to let somebody in waits for no lock.
 */
export async function findHolder(database: Queryable, hash: Buffer): Promise<Holder | null> {
  const { rows } = await database.query<Holder>({
    query_timeout: LOOK_UP_TIMEOUT,
    values: [hash],
    text: `WITH used AS (
       UPDATE access_token SET time_last_used = now()
        WHERE id IN (SELECT id FROM access_token
                      WHERE hash = $1 AND coalesce(time_expires > now(), true)
                        AND coalesce(time_last_used < now() - interval '1 minute', true)
                        FOR NO KEY UPDATE SKIP LOCKED)
     )
     SELECT id, name, role, extract(epoch FROM time_expires - now())::float8 AS "secondsLeft"
       FROM access_token WHERE hash = $1`,
  } as pg.QueryConfig);
  return rows[0] ?? null;
}

/** Whether anybody is let in who may let others in. */
export async function hasAdmin(database: Queryable): Promise<boolean> {
  const { rows } = await database.query<{ there: boolean }>(
    `SELECT EXISTS (SELECT FROM access_token
                     WHERE role = 'admin' AND coalesce(time_expires > now(), true)) AS there`,
  );
  return rows[0]?.there ?? false;
}

/** Tokens that expired long ago, oldest first. */
export async function longExpiredTokens(pool: pg.Pool, days: number, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM access_token WHERE time_expires < now() - make_interval(days => $1)
      ORDER BY time_expires, id LIMIT $2`,
    [days, limit],
  );
  return rows.map(({ id }) => id);
}

/** Returns those that were there; another sweep may have been faster. */
export async function deleteTokens(pool: pg.Pool, ids: string[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `DELETE FROM access_token WHERE id IN (SELECT id FROM access_token WHERE id = ANY ($1) ORDER BY id FOR UPDATE)
     RETURNING id`,
    [ids],
  );
  return rows.map(({ id }) => id);
}
