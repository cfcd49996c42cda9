import type pg from 'pg';
import type { Action } from '../model/audit.ts';
import { type By, record } from './audit.ts';
import { transaction } from './transaction.ts';

export interface Resent {
  /** The new deliveries. */
  ids: string[];
  /** Receivers that have something to send now. */
  receivers: string[];
}

/**
 * What may be sent again: deliveries that are over, of alerts that are still there, to receivers that are enabled. Both
 * are locked, so that who deletes or disables one waits, and then skips what was made here.
 */
const RESEND = (which: string) => `
  WITH again AS MATERIALIZED (
    SELECT d.receiver_id, d.alert_id
      FROM delivery d JOIN receiver r ON r.id = d.receiver_id JOIN alert a ON a.id = d.alert_id
     WHERE r.disabled_because IS NULL AND d.state <> 'pending' AND ${which}
       FOR KEY SHARE OF a FOR SHARE OF r
  )
  INSERT INTO delivery (id, receiver_id, alert_id, trigger, state, time_due)
  SELECT gen_random_uuid(), receiver_id, alert_id, 'resend', 'pending', now()
    FROM (SELECT DISTINCT receiver_id, alert_id FROM again) AS once
  ON CONFLICT DO NOTHING
  RETURNING id, receiver_id`;

/** Sends one delivery again, by a new one; none when it waits to be sent anyhow. */
export function resendDelivery(pool: pg.Pool, deliveryId: string, by: By = null): Promise<Resent> {
  return resend(pool, 'd.id = $1', [deliveryId], by, 'delivery.resent');
}

/** Sends again all that failed or was skipped since a time, unless it was delivered after all. */
export function resendFailed(
  pool: pg.Pool,
  receiverId: string,
  since: string,
  by: By = null,
): Promise<Resent> {
  return resend(
    pool,
    `d.receiver_id = $1 AND d.state IN ('failed', 'skipped') AND d.time_ended >= $2::timestamptz
     AND NOT EXISTS (SELECT FROM delivery later WHERE later.alert_id = d.alert_id
                       AND later.receiver_id = d.receiver_id AND later.state = 'delivered')`,
    [receiverId, since],
    by,
    'receiver.resent',
  );
}

/** New deliveries that are named in the audit log; a bad night may have left many thousands. */
const NAMED = 100;

/** The first of the values is the id of what is sent again, or to whom. */
function resend(
  pool: pg.Pool,
  which: string,
  values: [thing: string, ...more: string[]],
  by: By,
  action: Action,
): Promise<Resent> {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<{ id: string; receiver_id: string }>(RESEND(which), values);
    const ids = rows.map(({ id }) => id);
    if (ids.length > 0) {
      const after = { deliveries: ids.length, deliveryIds: ids.slice(0, NAMED) };
      await record(client, by, { action, thing: values[0], after });
    }
    return { ids, receivers: [...new Set(rows.map((row) => row.receiver_id))] };
  });
}
