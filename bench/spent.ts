import type pg from 'pg';

/** What a piece of work costs in Postgres. */
export interface Spent {
  /** Bytes by which tables have grown, their indexes, and what they keep apart, included. */
  kept: number;
  /** Bytes that were written to the log, which replicas and backups get as well. */
  logged: number;
}

/** Measures what a piece of work leaves in tables. Nothing else may run meanwhile. */
export async function spent(pool: pg.Pool, tables: string[], work: () => Promise<unknown>): Promise<Spent> {
  const before = await look(pool, tables);
  await work();
  const after = await look(pool, tables);
  return { kept: after.kept - before.kept, logged: after.logged - before.logged };
}

async function look(pool: pg.Pool, tables: string[]): Promise<Spent> {
  const { rows } = await pool.query<Spent>(
    `SELECT (SELECT coalesce(sum(pg_total_relation_size(name::regclass)), 0)::float8 FROM unnest($1::text[]) AS name) AS kept,
            pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS logged`,
    [tables],
  );
  const [found] = rows;
  if (!found) throw new Error('Postgres did not say what was spent.');
  return found;
}
