import type pg from 'pg';
import type { AttemptEnd } from '../model/delivery.ts';
import { type By, record } from './audit.ts';
import { rememberSuccess } from './delivery-attempt.ts';
import { transaction } from './transaction.ts';

/**
 * A probe is a delivery with one attempt. Nobody but its maker sends it, so until its end is known it has failed, and
 * how is unknown: that is what stays on record when its maker goes away. False when there is no such receiver.
 */
export function beginProbe(
  pool: pg.Pool,
  receiverId: string,
  id: string,
  now: Date,
  by: By = null,
): Promise<boolean> {
  return transaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `WITH probed AS MATERIALIZED (
       SELECT id FROM receiver WHERE id = $2 FOR KEY SHARE
     ), made AS (
       INSERT INTO delivery (id, receiver_id, trigger, state, attempts, time_due, time_ended)
       SELECT $1, id, 'probe', 'failed', 1, $3, $3 FROM probed
       RETURNING id
     )
     INSERT INTO delivery_attempt (delivery_id, number, time_started, time_ended, outcome)
     SELECT id, 1, $3, $3, 'unknown' FROM made`,
      [id, receiverId, now],
    );
    if (rowCount !== 1) return false;
    await record(client, by, { action: 'receiver.probed', thing: receiverId, after: { deliveryId: id } });
    return true;
  });
}

/**
 * A probe that was accepted is a success like any other. The delivery before its attempt, as whoever deletes the receiver
 * takes them, or the two deadlock.
 */
export async function endProbe(
  pool: pg.Pool,
  receiverId: string,
  id: string,
  end: AttemptEnd,
  now: Date,
): Promise<void> {
  await transaction(pool, async (client) => {
    if (end.outcome === 'delivered') await rememberSuccess(client, receiverId);
    await client.query(
      `WITH ended AS (
         UPDATE delivery SET state = CASE WHEN $2 = 'delivered' THEN 'delivered' ELSE 'failed' END, time_ended = $5
          WHERE id = $1 RETURNING id
       )
       UPDATE delivery_attempt a SET outcome = $2, status = $3, detail = $4, time_ended = $5
         FROM ended WHERE a.delivery_id = ended.id`,
      [id, end.outcome, end.status, end.detail, now],
    );
  });
}
