import type pg from 'pg';
import { enaAsText } from './ena-text.ts';
import { CHUNK } from './rendezvous.ts';

export type Marking =
  | { kind: 'marked'; examined: number; marked: number }
  /** Another sitrep is the head: what this one carries on is marked by the rendezvous of that one. */
  | { kind: 'stale'; examined: number; marked: number };

interface ChunkRow {
  stale: boolean;
  done: boolean;
  examined: number;
  marked: number;
  last_case: string;
  last_restart: string;
  last_ena: string;
}

export interface MarkOptions {
  /** Looks at all of them also when this version is done: one may have come after what has it in a case. */
  thorough?: boolean;
  /** Hears of each chunk, and may throw to end the marking there. */
  onChunk?: () => void;
  chunk?: number;
}

/** Marks the ereports in the cases of the current sitrep as seen, in chunks that each commit by themselves. */
export async function markSeen(
  pool: pg.Pool,
  sitrepId: string,
  { thorough = false, onChunk = () => {}, chunk = CHUNK }: MarkOptions = {},
): Promise<Marking> {
  let last: Partial<ChunkRow> = {};
  for (;;) {
    const { rows } = await pool.query<ChunkRow>(
      'SELECT * FROM fm_mark_seen_chunk($1, $2, $3, $4, $5, $6, $7, $8)',
      [
        sitrepId,
        thorough,
        last.last_case ?? null,
        last.last_restart ?? null,
        last.last_ena ?? null,
        chunk,
        last.examined ?? 0,
        last.marked ?? 0,
      ],
    );
    const row = rows[0] as ChunkRow;
    const { examined, marked } = row;
    if (row.stale) return { kind: 'stale', examined, marked };
    if (row.done) return { kind: 'marked', examined, marked };
    last = row;
    onChunk();
  }
}

/** How many ereports in cases of a head that is not too young a marking would mark now, and the first of them. */
export async function markableEreports(
  pool: pg.Pool,
  thorough: boolean,
  limit: number,
  patienceSeconds = 0,
): Promise<{ count: number; ids: string[] }> {
  const { rows } = await pool.query<{ count: number; ids: string[] }>(
    `WITH unmarked AS (
       SELECT DISTINCT e.restart_id, e.ena FROM fm_sitrep_head h
         JOIN fm_sitrep_history hist ON hist.sitrep_id = h.sitrep_id
              AND hist.time_made_current <= now() - make_interval(secs => $3)
         JOIN fm_rendezvous_progress p ON p.kind = 'ereport' AND ($1 OR p.generation < h.version)
         JOIN fm_ereport_in_case a ON a.sitrep_id = h.sitrep_id
         JOIN ereport e ON e.restart_id = a.restart_id AND e.ena = a.ena
        WHERE e.marked_seen_in IS NULL)
     SELECT (SELECT count(*) FROM unmarked) AS count,
            ARRAY(SELECT restart_id || ' ' || ${enaAsText('ena')} FROM unmarked ORDER BY restart_id, ena LIMIT $2) AS ids`,
    [thorough, limit, patienceSeconds],
  );
  return rows[0] ?? { count: 0, ids: [] };
}
