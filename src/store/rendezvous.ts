import type pg from 'pg';

/** How far a rendezvous has come: what a retry goes on from. */
export interface RendezvousCursor {
  generation: number | null;
  id: string | null;
  examined: number;
  created: number;
}

export type RendezvousOutcome =
  | { kind: 'met'; examined: number; created: number }
  /** Another sitrep is the head: what this one carries on is met by the rendezvous of that one. */
  | { kind: 'stale'; examined: number; created: number };

/** Rows a chunk: 20–30 ms, the best throughput, and what a commit may have to wait for. */
export const CHUNK = 2000;
const NOTHING_YET = { examined: 0, created: 0 };
export const AFTER_WHAT_IS_MET: RendezvousCursor = { generation: null, id: null, ...NOTHING_YET };
/** Looks at all requests, whatever is remembered as met. */
export const FROM_THE_START: RendezvousCursor = {
  generation: 0,
  id: '00000000-0000-0000-0000-000000000000',
  ...NOTHING_YET,
};

interface ChunkRow {
  stale: boolean;
  done: boolean;
  examined: number;
  created: number;
  last_generation: number | null;
  last_id: string | null;
}

/**
 * Makes the alerts that the current sitrep requests, each exactly once, in chunks that each commit by
 * themselves. `onChunk` hears the cursor after each of them, and may throw to end the rendezvous there.
 */
export async function rendezvous(
  pool: pg.Pool,
  sitrepId: string,
  start: RendezvousCursor = AFTER_WHAT_IS_MET,
  onChunk: (cursor: RendezvousCursor) => void = () => {},
  chunk: number = CHUNK,
): Promise<RendezvousOutcome> {
  let cursor = start;
  for (;;) {
    const { rows } = await pool.query<ChunkRow>(
      'SELECT * FROM fm_rendezvous_alert_chunk($1, $2, $3, $4, $5, $6)',
      [sitrepId, cursor.generation, cursor.id, chunk, cursor.examined, cursor.created],
    );
    const row = rows[0] as ChunkRow;
    const did = { examined: row.examined, created: row.created };
    if (row.stale) return { kind: 'stale', ...did };
    if (row.done) return { kind: 'met', ...did };
    cursor = { generation: row.last_generation, id: row.last_id, ...did };
    onChunk(cursor);
  }
}
