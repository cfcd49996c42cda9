import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';

const PAUSE = 100;
const WITHIN = 120_000;

/** Resolves once the sitrep is current and each alert that it requests has been made. */
export async function untilReconciled(pool: pg.Pool, sitrepId: string): Promise<void> {
  const deadline = Date.now() + WITHIN;
  while (Date.now() < deadline) {
    const { rowCount } = await pool.query(
      `SELECT FROM fm_sitrep_head h JOIN fm_rendezvous_progress p ON p.kind = 'alert'
        WHERE h.sitrep_id = $1 AND p.generation >= h.alert_generation`,
      [sitrepId],
    );
    if (rowCount === 1) return;
    await pause(PAUSE);
  }
  throw new Error(`The sitrep ${sitrepId} was not reconciled in time.`);
}
