import type pg from 'pg';
import { sqlState, transaction } from './transaction.ts';

/** Alerts a chunk: a transaction that is short, beside the deliveries that it makes. */
const CHUNK = 2_000;

export interface Dispatched {
  dispatched: number;
  /** Enabled receivers that deliveries were made for, or are due for. */
  receivers: string[];
}

/** An alert whose deliveries can't be made, and why. */
export interface Undispatchable {
  alertId: string;
  error: Error;
}

export interface DispatchResult {
  dispatched: number;
  /** They stay undispatched, and are tried again by the next dispatch. */
  undispatchable: Undispatchable[];
}

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/**
 * Makes the deliveries of all alerts that have none yet, each exactly once however many dispatch at once. `onChunk`
 * hears of each chunk once it is committed. A chunk that fails is cut in halves until the alert is found that it fails
 * for, so that one that can't be dispatched blocks no other.
 */
export async function dispatchAlerts(
  pool: pg.Pool,
  onChunk: (chunk: Dispatched) => Promise<void>,
  chunk: number = CHUNK,
): Promise<DispatchResult> {
  const result: DispatchResult = { dispatched: 0, undispatchable: [] };
  let after = BEFORE_ALL;
  let limit = chunk;
  for (;;) {
    const done = await dispatchChunk(pool, after, limit);
    if (!(done instanceof Error)) {
      if (done.dispatched > 0) await onChunk(done);
      result.dispatched += done.dispatched;
      if (done.dispatched < limit) return result;
      limit = Math.min(chunk, limit * 2);
    } else if (limit > 1) {
      limit = Math.floor(limit / 2);
    } else {
      const alertId = await firstUndispatched(pool, after);
      if (alertId === null) return result;
      result.undispatchable.push({ alertId, error: done });
      after = alertId;
    }
  }
}

/**
 * An error is returned if it may be one alert's; what keeps Postgres from answering anybody is thrown. A transaction,
 * since only its end tells that what failed holds no alert any more: the next chunk would pass over it.
 */
async function dispatchChunk(pool: pg.Pool, after: string, limit: number): Promise<Dispatched | Error> {
  try {
    return await transaction(pool, async (client) => {
      const { rows } = await client.query<Dispatched>('SELECT * FROM dispatch_alert_chunk($1, $2)', [
        after,
        limit,
      ]);
      return rows[0] as Dispatched;
    });
  } catch (error) {
    if (error instanceof Error && WHAT_WAS_ASKED.test(sqlState(error) ?? '')) return error;
    throw error;
  }
}

/** Classes and codes of SQLSTATE that are about data, limits or time that a statement took. */
const WHAT_WAS_ASKED = /^(?:21|22|23|54|P0|XX|57014)/;

async function firstUndispatched(pool: pg.Pool, after: string): Promise<string | null> {
  const { rows } = await pool.query<{ id: string }>(
    'SELECT id FROM alert WHERE time_dispatched IS NULL AND id > $1 ORDER BY id LIMIT 1',
    [after],
  );
  return rows[0]?.id ?? null;
}

/** How many alerts nobody has been told of for so many seconds, and the first of them. */
export async function undispatchedAlerts(
  pool: pg.Pool,
  limit: number,
  patienceSeconds = 0,
): Promise<{ count: number; ids: string[] }> {
  const { rows } = await pool.query<{ count: number; ids: string[] }>(
    `WITH waiting AS (
       SELECT id FROM alert
        WHERE time_dispatched IS NULL AND time_created <= now() - make_interval(secs => $2))
     SELECT (SELECT count(*) FROM waiting) AS count, ARRAY(SELECT id FROM waiting ORDER BY id LIMIT $1) AS ids`,
    [limit, patienceSeconds],
  );
  return rows[0] ?? { count: 0, ids: [] };
}
