import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrate, schemaFault } from '../../src/store/migrate.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase();
});
afterEach(() => db.drop());

test('a migrated database needs nothing more', async () => {
  expect(await schemaFault(db.pool)).toBeNull();
  expect(await migrate(db.url)).toEqual({ applied: [] });
});

test('five that migrate an empty database at once apply each migration once', async () => {
  await db.pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  expect(await schemaFault(db.pool)).toContain('sitrep migrate');
  const runs = await Promise.all(Array.from({ length: 5 }, () => migrate(db.url)));
  expect(runs.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
  expect(await schemaFault(db.pool)).toBeNull();
});

test('a database that is newer, or has another text, is refused and named', async () => {
  await db.pool.query(
    `INSERT INTO sitrep_migration (number, name, digest) VALUES (9999, '9999_future.sql', '')`,
  );
  await expect(migrate(db.url)).rejects.toThrow('9999_future.sql');
  expect(await schemaFault(db.pool)).toContain('newer');
  await db.pool.query(`DELETE FROM sitrep_migration WHERE number = 9999;
                       UPDATE sitrep_migration SET digest = 'x' WHERE number = 1`);
  await expect(migrate(db.url)).rejects.toThrow('0001_sitreps.sql');
});
