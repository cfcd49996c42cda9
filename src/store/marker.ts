import type pg from 'pg';
import { CHUNK } from './rendezvous.ts';

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

interface ChunkRow {
  done: boolean;
  last_id: string;
  deleted: string[];
}

/** Deletes the markers that the head doesn't request; `onChunk` hears the ids that went. */
export async function collectMarkers(
  pool: pg.Pool,
  onChunk: (deleted: string[]) => void = () => {},
  chunk: number = CHUNK,
): Promise<void> {
  let after = BEFORE_ALL;
  for (;;) {
    const { rows } = await pool.query<ChunkRow>('SELECT * FROM fm_collect_marker_chunk($1, $2)', [
      after,
      chunk,
    ]);
    const row = rows[0] as ChunkRow;
    onChunk(row.deleted);
    if (row.done) return;
    after = row.last_id;
  }
}

/** How many markers a collection would delete now, and the first of them. */
export async function collectableMarkers(
  pool: pg.Pool,
  limit: number,
): Promise<{ count: number; ids: string[] }> {
  const { rows } = await pool.query<{ id: string; count: number }>(
    `SELECT m.alert_id AS id, count(*) OVER () AS count
       FROM rendezvous_alert_created m CROSS JOIN fm_sitrep_head h
      WHERE h.sitrep_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM fm_alert_request r WHERE r.sitrep_id = h.sitrep_id AND r.id = m.alert_id)
      ORDER BY m.alert_id LIMIT $1`,
    [limit],
  );
  return { count: rows[0]?.count ?? 0, ids: rows.map(({ id }) => id) };
}
