import type pg from 'pg';

/**
 * Resolves once the given number of sessions of this database wait for a lock: how a test knows, without
 * sleeping, that what it started has come to the point where it is meant to wait.
 */
export async function untilBlocked(pool: pg.Pool, sessions = 1): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { rows } = await pool.query<{ waiting: number }>(
      `SELECT count(*) AS waiting FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if ((rows[0]?.waiting ?? 0) >= sessions) return;
    if (Date.now() > deadline) throw new Error(`Fewer than ${sessions} sessions came to wait for a lock.`);
  }
}

/** Runs `meanwhile` while a transaction is open in which `statements` ran, then commits it. */
export async function holding<T>(
  pool: pg.Pool,
  statements: string[],
  meanwhile: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    for (const statement of statements) await client.query(statement);
    const result = await meanwhile(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}
