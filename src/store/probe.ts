import type pg from 'pg';
import type { AttemptEnd } from '../model/delivery.ts';

/** A probe is a delivery with one attempt. Nobody but its maker sends it, so until its end is known it has failed. */
export async function beginProbe(pool: pg.Pool, receiverId: string, id: string, now: Date): Promise<void> {
  await pool.query(
    `WITH made AS (
       INSERT INTO delivery (id, receiver_id, trigger, state, attempts, time_due, time_ended)
       VALUES ($1, $2, 'probe', 'failed', 1, $3, $3)
       RETURNING id
     )
     INSERT INTO delivery_attempt (delivery_id, number, time_started) SELECT id, 1, $3 FROM made`,
    [id, receiverId, now],
  );
}

export async function endProbe(pool: pg.Pool, id: string, end: AttemptEnd, now: Date): Promise<void> {
  await pool.query(
    `WITH ended AS (
       UPDATE delivery SET state = CASE WHEN $2 = 'delivered' THEN 'delivered' ELSE 'failed' END, time_ended = $5
        WHERE id = $1
     )
     UPDATE delivery_attempt SET outcome = $2, status = $3, detail = $4, time_ended = $5 WHERE delivery_id = $1`,
    [id, end.outcome, end.status, end.detail, now],
  );
}
