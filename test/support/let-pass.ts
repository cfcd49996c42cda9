import type pg from 'pg';

/**
 * Sets all times of a database back, as if so much time had passed since. Not that of the configuration, which nobody can
 * change: it only tells people when it was set.
 */
export async function letPass(pool: pg.Pool, interval: string): Promise<void> {
  const { rows } = await pool.query<{ name: string; changes: string }>(
    `SELECT quote_ident(table_name) AS name,
            string_agg(format('%1$I = %1$I - $1::interval', column_name), ', ') AS changes
       FROM information_schema.columns
      WHERE table_schema = 'public' AND data_type = 'timestamp with time zone' AND table_name <> 'configuration'
      GROUP BY 1`,
  );
  for (const { name, changes } of rows) await pool.query(`UPDATE ${name} SET ${changes}`, [interval]);
}
