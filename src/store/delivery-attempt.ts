import type pg from 'pg';
import type { AttemptEnd } from '../model/delivery.ts';
import { timeAsText } from './cursor.ts';
import type { Queryable } from './transaction.ts';

/** A delivery whose attempt has begun: what has to be sent, and as which attempt. */
export interface Begun {
  deliveryId: string;
  attempt: number;
  /** Of the alert, like all that follows. */
  id: string;
  class: string;
  version: number;
  /** JSON. */
  payload: string;
  caseId: string | null;
  sitrepId: string | null;
  timeCreated: string;
}

/** An attempt that has ended. */
export interface Ended {
  deliveryId: string;
  attempt: number;
  end: AttemptEnd;
  ended: Date;
  /** When the next attempt is due; null when there is none, because it was delivered or the schedule is used up. */
  nextDue: Date | null;
}

/**
 * Takes up to `limit` deliveries of a receiver that are due, and puts their attempts on record before anything is sent.
 * Until `lost` nobody else takes them; if the attempt has not ended by then, whoever comes next records its end as
 * unknown and makes another one: at least once, since nobody can know whether it was sent.
 */
export async function beginAttempts(
  database: Queryable,
  receiverId: string,
  limit: number,
  now: Date,
  lost: Date,
): Promise<Begun[]> {
  const { rows } = await database.query<Begun>(
    `SELECT delivery_id AS "deliveryId", attempt, id, class, version, payload, case_id AS "caseId",
            sitrep_id AS "sitrepId", ${timeAsText('time_created')} AS "timeCreated"
       FROM begin_attempts($1, $2, $3, $4)`,
    [receiverId, limit, now, lost],
  );
  return rows;
}

/**
 * Records how attempts ended. One that was delivered is delivered, also when it was taken for lost meanwhile, or its
 * delivery skipped; any other end only counts while it is the latest attempt of a pending delivery.
 */
export async function endAttempts(pool: pg.Pool, receiverId: string, ended: Ended[]): Promise<void> {
  await pool.query('SELECT end_attempts($1, $2, $3, $4, $5, $6, $7, $8)', [
    receiverId,
    ended.map(({ deliveryId }) => deliveryId),
    ended.map(({ attempt }) => attempt),
    ended.map(({ end }) => end.outcome),
    ended.map(({ end }) => end.status),
    ended.map(({ end }) => end.detail),
    ended.map((one) => one.ended),
    ended.map(({ nextDue }) => nextDue),
  ]);
}

/** Takes back attempts that were not sent: what they are of is due as before. */
export async function takeBackAttempts(pool: pg.Pool, begun: Begun[]): Promise<void> {
  await pool.query('SELECT take_back_attempts($1, $2)', [
    begun.map(({ deliveryId }) => deliveryId),
    begun.map(({ attempt }) => attempt),
  ]);
}

export async function rememberSuccess(client: Queryable, receiverId: string): Promise<void> {
  await client.query('UPDATE receiver SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL', [
    receiverId,
  ]);
}

/** What a receiver still waits for. */
export async function pendingDeliveries(
  pool: pg.Pool,
  receiverId: string,
): Promise<{ pending: number; nextDueMs: number | null }> {
  const { rows } = await pool.query<{ pending: number; next: Date | null }>(
    `SELECT count(*) AS pending, min(greatest(time_due, time_lost)) AS next FROM delivery
      WHERE receiver_id = $1 AND state = 'pending'`,
    [receiverId],
  );
  const row = rows[0];
  return { pending: row?.pending ?? 0, nextDueMs: row?.next?.getTime() ?? null };
}
