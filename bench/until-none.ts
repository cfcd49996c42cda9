import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';

const EVERY = 5;

/** Resolves when a table, or what a condition leaves of it, has no row. */
export async function untilNone(pool: pg.Pool, rows: string): Promise<void> {
  for (;;) {
    const { rowCount } = await pool.query(`SELECT FROM ${rows} LIMIT 1`);
    if (rowCount === 0) return;
    await pause(EVERY);
  }
}
