import type pg from 'pg';
import type { SetAside } from '../model/ereport.ts';
import type { EreportKey } from './ereport-read.ts';
import { CHUNK } from './rendezvous.ts';

/** Takes what an analysis has read out of the queue, unless it was marked as seen, or decided about, meanwhile. */
export async function setAside(
  pool: pg.Pool,
  ereports: readonly EreportKey[],
  as: SetAside,
  chunk: number = CHUNK,
): Promise<void> {
  for (let start = 0; start < ereports.length; start += chunk) {
    const some = ereports.slice(start, start + chunk);
    await pool.query(SET_ASIDE, [
      some.map(({ restartId }) => restartId),
      some.map(({ ena }) => BigInt(ena).toString()),
      as,
    ]);
  }
}

/**
 * In the order in which ereports are always locked, so that two never wait for each other. What is undecided once more
 * goes to the end of its queue.
 */
const SET_ASIDE = `
  WITH locked AS (
    SELECT e.restart_id, e.ena
      FROM unnest($1::uuid[], $2::numeric[]) AS asked (restart_id, ena) JOIN ereport e USING (restart_id, ena)
     WHERE e.marked_seen_in IS NULL AND coalesce(e.set_aside, 'undecided') = 'undecided'
     ORDER BY e.restart_id, e.ena FOR UPDATE OF e
  )
  UPDATE ereport e SET set_aside = $3, read_order = DEFAULT
    FROM locked l
   WHERE e.restart_id = l.restart_id AND e.ena = l.ena`;
