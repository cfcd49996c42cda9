import type pg from 'pg';

/** Takes the oldest versions beyond the newest `keep` out of history, at most `limit` in this transaction. */
export async function pruneHistory(pool: pg.Pool, keep: number, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ released: string[] }>('SELECT released FROM fm_prune_history($1, $2)', [
    keep,
    limit,
  ]);
  return rows[0]?.released ?? [];
}

/** What pruning would take, oldest first. */
export async function prunableSitreps(pool: pg.Pool, keep: number): Promise<string[]> {
  const { rows } = await pool.query<{ sitrep_id: string }>(
    `SELECT hist.sitrep_id FROM fm_sitrep_history hist, fm_sitrep_head h
      WHERE hist.version <= h.version - greatest($1::bigint, 1) ORDER BY hist.version`,
    [keep],
  );
  return rows.map((row) => row.sitrep_id);
}
