import type pg from 'pg';
import type { AttemptView, DeliveryState, DeliveryView } from '../model/delivery.ts';
import type { Page } from '../model/views.ts';
import { pageOf, readCursor, timeAsText } from './cursor.ts';
import type { Queryable } from './transaction.ts';

const DELIVERY = `
  SELECT d.id, d.receiver_id AS "receiverId", r.name AS receiver, d.alert_id AS "alertId", d.trigger, d.state,
         d.skipped_because AS "skippedBecause", d.attempts, ${timeAsText('d.time_created')} AS "timeCreated",
         CASE WHEN d.state = 'pending' THEN ${timeAsText('greatest(d.time_due, d.time_lost)')} END AS "timeDue",
         ${timeAsText('d.time_ended')} AS "timeEnded"
    FROM delivery d JOIN receiver r ON r.id = d.receiver_id`;

export interface DeliveryQuery {
  limit: number;
  cursor?: string;
  state?: DeliveryState;
  receiverId?: string;
  alertId?: string;
}

/** Deliveries newest first. */
export async function listDeliveries(pool: pg.Pool, query: DeliveryQuery): Promise<Page<DeliveryView>> {
  const after = readCursor(query.cursor);
  const { rows } = await pool.query<DeliveryView>(
    `${DELIVERY}
      WHERE ($2::timestamptz IS NULL OR (d.time_created, d.id) < ($2, $3::uuid))
        AND ($4::text IS NULL OR d.state = $4)
        AND ($5::uuid IS NULL OR d.receiver_id = $5)
        AND ($6::uuid IS NULL OR d.alert_id = $6)
      ORDER BY d.time_created DESC, d.id DESC LIMIT $1`,
    [
      query.limit + 1,
      after?.time ?? null,
      after?.id ?? null,
      query.state ?? null,
      query.receiverId ?? null,
      query.alertId ?? null,
    ],
  );
  return pageOf(rows, query.limit, ({ timeCreated, id }) => ({ time: timeCreated, id }));
}

export async function readDelivery(database: Queryable, id: string): Promise<DeliveryView | null> {
  const { rows } = await database.query<DeliveryView>(`${DELIVERY} WHERE d.id = $1`, [id]);
  return rows[0] ?? null;
}

/** All attempts of a delivery, in order; there are never more than its receiver's schedule has. */
export async function listAttempts(database: Queryable, deliveryId: string): Promise<AttemptView[]> {
  const { rows } = await database.query<AttemptView>(
    `SELECT number, ${timeAsText('time_started')} AS "timeStarted", ${timeAsText('time_ended')} AS "timeEnded",
            outcome, status, detail
       FROM delivery_attempt WHERE delivery_id = $1 ORDER BY number`,
    [deliveryId],
  );
  return rows;
}
