import type pg from 'pg';
import type { AttemptEnd } from '../model/delivery.ts';
import { timeAsText } from './cursor.ts';
import { type Queryable, transaction } from './transaction.ts';

/** A delivery whose attempt has begun: what has to be sent, and as which attempt. */
export interface Begun {
  deliveryId: string;
  attempt: number;
  /** Of the alert, like all that follows. */
  id: string;
  class: string;
  version: number;
  payload: unknown;
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
    `WITH due AS MATERIALIZED (
       SELECT id FROM delivery
        WHERE receiver_id = $1 AND state = 'pending' AND time_due <= $3
        ORDER BY time_due, id LIMIT $2 FOR UPDATE SKIP LOCKED
     ), lost AS (
       UPDATE delivery_attempt a SET outcome = 'unknown', time_ended = $3
         FROM due WHERE a.delivery_id = due.id AND a.outcome IS NULL
     ), taken AS (
       UPDATE delivery d SET attempts = attempts + 1, time_due = $4
         FROM due WHERE d.id = due.id
       RETURNING d.id, d.attempts, d.alert_id
     ), begun AS (
       INSERT INTO delivery_attempt (delivery_id, number, time_started)
       SELECT id, attempts, $3 FROM taken
     )
     SELECT t.id AS "deliveryId", t.attempts AS attempt, a.id, a.class, a.version, a.payload,
            a.case_id AS "caseId", a.requested_sitrep_id AS "sitrepId",
            ${timeAsText('a.time_created')} AS "timeCreated"
       FROM taken t JOIN alert a ON a.id = t.alert_id`,
    [receiverId, limit, now, lost],
  );
  return rows;
}

/**
 * Records how attempts ended. One that was delivered is delivered, also when it was taken for lost meanwhile, or its
 * delivery skipped; any other end only counts while it is the latest attempt of a pending delivery.
 *
 * Everybody locks in the same order, or they deadlock: the receiver, its deliveries by id, then their attempts. The
 * receiver is locked even if it is healthy: a deletion of it goes through its deliveries in an order of its own.
 */
export async function endAttempts(pool: pg.Pool, receiverId: string, ended: Ended[]): Promise<void> {
  await transaction(pool, async (client) => {
    await client.query('SELECT FROM receiver WHERE id = $1 FOR KEY SHARE', [receiverId]);
    await rememberHealth(client, receiverId, ended);
    const deliveryIds = ended.map(({ deliveryId }) => deliveryId);
    await client.query('SELECT FROM delivery WHERE id = ANY ($1) ORDER BY id FOR UPDATE', [deliveryIds]);
    await recordEnds(client, ended);
  });
}

/** The deliveries are locked, so what this sees of them is how they are. */
async function recordEnds(client: Queryable, ended: Ended[]): Promise<void> {
  await client.query(
    `WITH e AS MATERIALIZED (
       SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::int[], $5::text[], $6::timestamptz[], $7::timestamptz[])
         AS e (delivery_id, number, outcome, status, detail, ended, next_due)
     ), recorded AS (
       UPDATE delivery_attempt a SET outcome = e.outcome, status = e.status, detail = e.detail, time_ended = e.ended
         FROM e
        WHERE a.delivery_id = e.delivery_id AND a.number = e.number AND (a.outcome IS NULL OR e.outcome = 'delivered')
     )
     UPDATE delivery d
        SET state = CASE WHEN e.outcome = 'delivered' THEN 'delivered' WHEN e.next_due IS NULL THEN 'failed' ELSE 'pending' END,
            skipped_because = NULL,
            time_due = coalesce(e.next_due, d.time_due),
            time_ended = CASE WHEN e.outcome = 'delivered' OR e.next_due IS NULL THEN e.ended END
       FROM e
      WHERE d.id = e.delivery_id AND d.state <> 'delivered'
        AND (e.outcome = 'delivered' OR (d.state = 'pending' AND d.attempts = e.number))`,
    [
      ended.map(({ deliveryId }) => deliveryId),
      ended.map(({ attempt }) => attempt),
      ended.map(({ end }) => end.outcome),
      ended.map(({ end }) => end.status),
      ended.map(({ end }) => end.detail),
      ended.map((one) => one.ended),
      ended.map(({ nextDue }) => nextDue),
    ],
  );
}

/** Since when a receiver accepts nothing: from the first failure after its last success. */
async function rememberHealth(client: Queryable, receiverId: string, ended: Ended[]): Promise<void> {
  if (ended.some(({ end }) => end.outcome === 'delivered')) return rememberSuccess(client, receiverId);
  const failures = ended.filter(({ end }) => end.outcome !== 'unknown');
  if (failures.length === 0) return;
  const first = new Date(Math.min(...failures.map((one) => one.ended.getTime())));
  await client.query('UPDATE receiver SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL', [
    receiverId,
    first,
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
    `SELECT count(*) AS pending, min(time_due) AS next FROM delivery WHERE receiver_id = $1 AND state = 'pending'`,
    [receiverId],
  );
  const row = rows[0];
  return { pending: row?.pending ?? 0, nextDueMs: row?.next?.getTime() ?? null };
}
