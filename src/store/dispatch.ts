import type pg from 'pg';

/** Alerts a chunk: a transaction that is short, beside the deliveries that it makes. */
const CHUNK = 2_000;

export interface Dispatched {
  dispatched: number;
  /** Enabled receivers that deliveries were made for, or are due for. */
  receivers: string[];
}

/**
 * Makes the deliveries of all alerts that have none yet, each exactly once however many dispatch at once. `onChunk`
 * hears of each chunk once it is committed.
 */
export async function dispatchAlerts(
  pool: pg.Pool,
  onChunk: (chunk: Dispatched) => Promise<void>,
  chunk: number = CHUNK,
): Promise<number> {
  let all = 0;
  for (;;) {
    const { rows } = await pool.query<Dispatched>('SELECT * FROM dispatch_alert_chunk($1)', [chunk]);
    const { dispatched, receivers } = rows[0] as Dispatched;
    if (dispatched > 0) await onChunk({ dispatched, receivers });
    all += dispatched;
    if (dispatched < chunk) return all;
  }
}

/** Alerts that nobody has been told of yet, and whether there are more than these. */
export async function undispatchedAlerts(
  pool: pg.Pool,
  limit: number,
): Promise<{ count: number; ids: string[] }> {
  const { rows } = await pool.query<{ count: number; ids: string[] }>(
    `SELECT (SELECT count(*) FROM alert WHERE time_dispatched IS NULL) AS count,
            ARRAY(SELECT id FROM alert WHERE time_dispatched IS NULL ORDER BY id LIMIT $1) AS ids`,
    [limit],
  );
  return rows[0] ?? { count: 0, ids: [] };
}
