import type pg from 'pg';
import { makeToken } from './tokens.ts';

/** An entry of the audit log, written as if it were so old: entries never change. */
export async function auditedDaysAgo(pool: pg.Pool, days: number): Promise<void> {
  await pool.query(
    `INSERT INTO audit_entry (id, time_created, actor, action, thing)
     VALUES (gen_random_uuid(), now() - make_interval(days => $1), 'ada', 'tend.run', 'tend')`,
    [days],
  );
}

/** A token that expired so long ago; null for one that doesn't expire. */
export async function expiredDaysAgo(pool: pg.Pool, name: string, days: number | null): Promise<void> {
  await makeToken(pool, 'viewer', { name });
  await pool.query(
    `UPDATE access_token SET time_expires = now() - make_interval(days => $2) WHERE name = $1`,
    [name, days],
  );
}
