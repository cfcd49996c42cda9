import type pg from 'pg';
import { newId } from '../model/id.ts';
import { disableReceiver } from './receiver.ts';
import { type Queryable, transaction } from './transaction.ts';

/** Where deliveries of a receiver go, and when they are tried again. */
export interface DeliveryTarget {
  endpoint: string;
  retryDelays: number[];
  enabled: boolean;
}

export async function readTarget(pool: pg.Pool, receiverId: string): Promise<DeliveryTarget | null> {
  const { rows } = await pool.query<DeliveryTarget>(
    `SELECT endpoint, retry_delays AS "retryDelays", disabled_because IS NULL AS enabled FROM receiver WHERE id = $1`,
    [receiverId],
  );
  return rows[0] ?? null;
}

/** What an operator is told by the alert that a receiver was disabled. */
type GaveUp = 'gone' | 'failing';

/**
 * Disables a receiver that has accepted nothing for `milliseconds`. Asked under a lock: a success that is recorded at
 * the same moment comes before it, and prevents it, or after.
 */
export async function giveUpIfFailing(
  pool: pg.Pool,
  receiverId: string,
  milliseconds: number,
  now: Date,
): Promise<boolean> {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<{ since: Date | null }>(
      'SELECT failing_since AS since FROM receiver WHERE id = $1 FOR NO KEY UPDATE',
      [receiverId],
    );
    const since = rows[0]?.since ?? now;
    if (now.getTime() - since.getTime() < milliseconds) return false;
    return disableAndSaySo(client, receiverId, 'failing', now);
  });
}

/** Disables a receiver that said that it is gone. */
export function giveUpGone(pool: pg.Pool, receiverId: string, now: Date): Promise<boolean> {
  return transaction(pool, (client) => disableAndSaySo(client, receiverId, 'gone', now));
}

/** Both or neither, and once, however many find it out. False when it was disabled already, by hand or not. */
async function disableAndSaySo(
  client: Queryable,
  receiverId: string,
  because: GaveUp,
  now: Date,
): Promise<boolean> {
  if (!(await disableReceiver(client, receiverId, because, now))) return false;
  await client.query(
    `INSERT INTO alert (id, class, version, payload)
     SELECT $2, 'sitrep.receiver.disabled', 0,
            jsonb_build_object('receiverId', id, 'receiver', name, 'because', disabled_because,
              'failingSince', to_char(coalesce(failing_since, $3) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
       FROM receiver WHERE id = $1`,
    [receiverId, newId(), now],
  );
  return true;
}

/** Enabled receivers for which something has been due for a while: whoever should send it has not been woken. */
export async function overdueReceivers(pool: pg.Pool, seconds: number): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT r.id FROM receiver r
      WHERE r.disabled_because IS NULL
        AND EXISTS (SELECT FROM delivery d WHERE d.receiver_id = r.id AND d.state = 'pending'
                      AND greatest(d.time_due, d.time_lost) < now() - make_interval(secs => $1))
      ORDER BY r.id`,
    [seconds],
  );
  return rows.map(({ id }) => id);
}

/** Those of these receivers that are there. */
export async function knownReceivers(pool: pg.Pool, ids: string[]): Promise<Set<string>> {
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM receiver WHERE id = ANY ($1::uuid[])', [
    ids,
  ]);
  return new Set(rows.map(({ id }) => id));
}

/** Enabled receivers for which something has been pending for so many seconds, due or not, in pages by id. */
export async function awaitedReceivers(
  pool: pg.Pool,
  seconds: number,
  afterId: string | null,
  limit: number,
): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT r.id FROM receiver r
      WHERE r.disabled_because IS NULL AND ($2::uuid IS NULL OR r.id > $2)
        AND EXISTS (SELECT FROM delivery d WHERE d.receiver_id = r.id AND d.state = 'pending'
                      AND d.time_created <= now() - make_interval(secs => $1))
      ORDER BY r.id LIMIT $3`,
    [seconds, afterId, limit],
  );
  return rows.map(({ id }) => id);
}
