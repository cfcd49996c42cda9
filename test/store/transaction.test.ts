import { afterEach, beforeEach, expect, test } from 'vitest';
import { transaction } from '../../src/store/transaction.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase();
});
afterEach(() => db.drop());

const terminate = async (pid: number) => {
  await db.pool.query('SELECT pg_terminate_backend($1, 5000)', [pid]);
};

test('[I28] a connection that breaks under a statement fails the transaction, not the process', async () => {
  const work = transaction(db.pool, async (client) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const [slept] = await Promise.allSettled([
      client.query('SELECT pg_sleep(60)'),
      terminate(rows[0]?.pid ?? 0),
    ]);
    if (slept.status === 'rejected') throw slept.reason;
  });
  await expect(work).rejects.toThrow('terminating connection');
});

test('[I28] a connection that breaks between two statements fails the transaction, not the process', async () => {
  const work = transaction(db.pool, async (client) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await terminate(rows[0]?.pid ?? 0);
    await client.query('SELECT 1');
  });
  await expect(work).rejects.toThrow();
});

test('[I28] a session hears within half a minute that the machine of its client is gone', async () => {
  const { rows } = await db.pool.query<{ seconds: number }>(
    `SELECT current_setting('tcp_keepalives_idle')::int
          + current_setting('tcp_keepalives_interval')::int * current_setting('tcp_keepalives_count')::int AS seconds`,
  );
  expect(rows[0]?.seconds).toBeGreaterThan(0);
  expect(rows[0]?.seconds).toBeLessThanOrEqual(30);
});
