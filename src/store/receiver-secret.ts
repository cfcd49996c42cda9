import type pg from 'pg';
import type { SecretView } from '../model/receiver.ts';
import { type By, record } from './audit.ts';
import { timeAsText } from './cursor.ts';
import { type Queryable, transaction } from './transaction.ts';

/** A secret as it rests. */
export interface SealedSecret {
  id: string;
  sealed: Buffer;
}

const SECRET = `
  SELECT id, ${timeAsText('time_created')} AS "timeCreated", ${timeAsText('time_expires')} AS "timeExpires"
    FROM receiver_secret`;

export async function addSecret(
  database: Queryable,
  receiverId: string,
  secret: SealedSecret,
): Promise<void> {
  await database.query('INSERT INTO receiver_secret (id, receiver_id, sealed) VALUES ($1, $2, $3)', [
    secret.id,
    receiverId,
    secret.sealed,
  ]);
}

/**
 * Adds a secret, and lets those before it sign for some more seconds. Null when there is no such receiver. The receiver
 * is locked, so that of two rotations at once one secret is left that doesn't expire.
 */
export async function rotateSecret(
  pool: pg.Pool,
  receiverId: string,
  secret: SealedSecret,
  keepSeconds: number,
  by: By = null,
): Promise<SecretView | null> {
  return transaction(pool, async (client) => {
    const { rowCount } = await client.query('SELECT FROM receiver WHERE id = $1 FOR NO KEY UPDATE', [
      receiverId,
    ]);
    if (rowCount === 0) return null;
    await client.query(
      `UPDATE receiver_secret SET time_expires = least(time_expires, now() + make_interval(secs => $2))
        WHERE receiver_id = $1`,
      [receiverId, keepSeconds],
    );
    await client.query(`DELETE FROM receiver_secret WHERE receiver_id = $1 AND time_expires <= now()`, [
      receiverId,
    ]);
    await addSecret(client, receiverId, secret);
    const { rows } = await client.query<SecretView>(`${SECRET} WHERE id = $1`, [secret.id]);
    const after = { secretId: secret.id, keepSeconds };
    await record(client, by, { action: 'receiver.secret-rotated', thing: receiverId, after });
    return rows[0] ?? null;
  });
}

/** Those that sign now, newest first. */
export async function listSecrets(database: Queryable, receiverId: string): Promise<SecretView[]> {
  const { rows } = await database.query<SecretView>(
    `${SECRET} WHERE receiver_id = $1 AND coalesce(time_expires > now(), true) ORDER BY time_created DESC, id DESC`,
    [receiverId],
  );
  return rows;
}

/** The same with what they are; newest first, as they sign. */
export async function sealedSecrets(database: Queryable, receiverId: string): Promise<SealedSecret[]> {
  const { rows } = await database.query<SealedSecret>(
    `SELECT id, sealed FROM receiver_secret
      WHERE receiver_id = $1 AND coalesce(time_expires > now(), true) ORDER BY time_created DESC, id DESC`,
    [receiverId],
  );
  return rows;
}

/** Secrets of all receivers that sign now, in pages by id. */
export async function secretsOfAll(
  database: Queryable,
  afterId: string | null,
  limit: number,
): Promise<(SealedSecret & { receiverId: string })[]> {
  const { rows } = await database.query<SealedSecret & { receiverId: string }>(
    `SELECT id, receiver_id AS "receiverId", sealed FROM receiver_secret
      WHERE coalesce(time_expires > now(), true) AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2`,
    [afterId, limit],
  );
  return rows;
}
