import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';

const PAUSE = 50;
const WITHIN = 600_000;

/**
 * Resolves once nothing is left to do: each ereport has been read and taken account of, each alert made, and no closed
 * case is left to be dropped. An analysis would now find nothing that makes a difference.
 */
export async function untilAtRest(pool: pg.Pool): Promise<void> {
  const deadline = Date.now() + WITHIN;
  while (Date.now() < deadline) {
    const { rowCount } = await pool.query(AT_REST);
    if (rowCount === 1) return;
    await pause(PAUSE);
  }
  throw new Error('It did not come to rest in time.');
}

const AT_REST = `
  SELECT FROM fm_sitrep_head h
    JOIN fm_rendezvous_progress a ON a.kind = 'alert' AND a.generation >= h.alert_generation
    JOIN fm_rendezvous_progress e ON e.kind = 'ereport' AND e.generation >= h.version
   WHERE NOT EXISTS (SELECT FROM ereport WHERE marked_seen_in IS NULL AND set_aside IS NULL)
     AND NOT EXISTS (SELECT FROM fm_case WHERE sitrep_id = h.sitrep_id AND closed_sitrep_id IS NOT NULL)`;
