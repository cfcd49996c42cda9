import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readAlert } from '../../src/store/alert.ts';
import { migrate, schemaFault, schemaStanding } from '../../src/store/migrate.ts';
import { commitAndMeet } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aChildOf, aSitrep, requestIds } from '../support/document.ts';
import { checkInvariants, tableTexts } from '../support/invariants.ts';
import { migrationNames, migrationsOfRelease } from '../support/migrations.ts';

let folders: string;
let db: TestDatabase;
beforeAll(async () => {
  folders = await mkdtemp(join(tmpdir(), 'sitrep-migrations-'));
});
afterAll(() => rm(folders, { recursive: true }));
beforeEach(async () => {
  db = await createDatabase();
});
afterEach(() => db.drop());

const NAMES = await migrationNames();
const ALL = NAMES.length;
const HALF = 'CREATE TABLE half_of_it (n integer); INSERT INTO half_of_it VALUES (1);';

/** The database as a release left it; 0: with nothing in it. */
async function asOfRelease(release: number): Promise<void> {
  await db.pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  if (release > 0) await migrate(db.url, { folder: await migrationsOfRelease(folders, release) });
}

async function exists(table: string): Promise<boolean> {
  const { rows } = await db.pool.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [
    table,
  ]);
  return rows[0]?.found ?? false;
}

/** As newer code leaves it. */
async function addMigrations(...names: string[]): Promise<void> {
  for (const [index, name] of names.entries()) {
    await db.pool.query(`INSERT INTO sitrep_migration (number, name, digest) VALUES ($1, $2, '')`, [
      9000 + index,
      name,
    ]);
  }
}

test('a migrated database needs nothing more', async () => {
  expect(await schemaFault(db.pool)).toBeNull();
  expect(await migrate(db.url)).toEqual({ applied: [], newer: [] });
});

describe('eight that start at once apply each migration once', () => {
  test.each(Array.from({ length: ALL }, (_, release) => release))('from release %i on', async (release) => {
    await asOfRelease(release);
    expect(await schemaFault(db.pool)).toContain('sitrep migrate');
    const runs = await Promise.all(Array.from({ length: 8 }, () => migrate(db.url)));
    const applied = runs.map((run) => run.applied).filter(({ length }) => length > 0);
    expect(applied).toEqual([NAMES.slice(release)]);
    expect(await schemaFault(db.pool)).toBeNull();
  });
});

describe('a database that is newer than the code', () => {
  test('by one migration is worked with, so that a fleet can be upgraded while it runs', async () => {
    await addMigrations('9000_next.sql');
    expect(await schemaFault(db.pool)).toBeNull();
    expect(await migrate(db.url)).toEqual({ applied: [], newer: ['9000_next.sql'] });
  });

  test('works for this code, if what came was only added', async () => {
    const next = `ALTER TABLE alert ADD COLUMN added text DEFAULT 'by the next version';
                  CREATE TABLE added (id uuid PRIMARY KEY);`;
    await migrate(db.url, { folder: await migrationsOfRelease(folders, ALL, { '9000_adds.sql': next }) });
    expect(await schemaFault(db.pool)).toBeNull();
    const first = aSitrep();
    for (const sent of [first, aChildOf(first)]) await commitAndMeet(db.pool, sent);
    expect(await readAlert(db.pool, requestIds(first)[0] as string)).not.toBeNull();
    await checkInvariants(db.pool);
  });

  test('by more than one is refused, and they are named', async () => {
    await addMigrations('9000_next.sql', '9001_after_next.sql');
    const words = /newer than this code: it has 9000_next.sql, 9001_after_next.sql.* Update Sitrep/;
    expect(await schemaFault(db.pool)).toMatch(words);
    await expect(migrate(db.url)).rejects.toThrow(words);
  });
});

test('a database that has a migration with another text is refused, and it is named', async () => {
  await db.pool.query(`UPDATE sitrep_migration SET digest = 'x' WHERE number = 1`);
  await expect(migrate(db.url)).rejects.toThrow('0001_sitreps.sql');
  expect(await schemaStanding(db.pool)).toMatchObject({ unusable: expect.stringContaining('another text') });
});

describe('a migration that fails leaves nothing, and those before it stay', () => {
  test.each([
    ['halfway', 'SELECT 1 / 0;', 'division by zero'],
    [
      'when all but its record is done',
      `INSERT INTO sitrep_migration VALUES (9000, '', '');`,
      'duplicate key',
    ],
  ])('%s', async (_, failing, why) => {
    await asOfRelease(ALL - 1);
    const folder = await migrationsOfRelease(folders, ALL, { '9000_fails.sql': `${HALF} ${failing}` });
    await expect(migrate(db.url, { folder })).rejects.toThrow(`9000_fails.sql failed: ${why}`);
    expect(await exists('half_of_it')).toBe(false);
    expect(await schemaFault(db.pool)).toBeNull();
    expect(await migrate(db.url)).toEqual({ applied: [], newer: [] });
  });
});

describe('a migration that has to lock what somebody reads for long', () => {
  const migration = { '9000_locks.sql': `${HALF} ALTER TABLE alert ADD COLUMN nothing integer;` };

  test('lets others read and write meanwhile, and gets in when the reader has gone', async () => {
    const folder = await migrationsOfRelease(folders, ALL, migration);
    const reader = await db.pool.connect();
    try {
      await reader.query('BEGIN; SELECT FROM alert');
      const migrating = migrate(db.url, { folder });
      await expect.poll(waitsForALock).toBe(true);
      // Behind its lock; answered once it has let go, though the reader stays.
      await db.pool.query(`INSERT INTO alert (id, class, version, payload)
                           VALUES (gen_random_uuid(), 'test.foo', 0, '{}')`);
      expect(await exists('half_of_it')).toBe(false);
      await reader.query('COMMIT');
      expect(await migrating).toMatchObject({ applied: ['9000_locks.sql'] });
      expect(await exists('half_of_it')).toBe(true);
    } finally {
      reader.release();
    }
  });

  test('gives up in the end, says what stands in its way, and leaves nothing', async () => {
    const folder = await migrationsOfRelease(folders, ALL, migration);
    const before = await tableTexts(db.pool);
    const reader = await db.pool.connect();
    try {
      await reader.query('BEGIN; SELECT FROM alert');
      await expect(migrate(db.url, { folder, patienceMs: 0 })).rejects.toThrow(
        /9000_locks.sql failed: others hold what it has to lock.*Nothing was changed/,
      );
      await reader.query('COMMIT');
    } finally {
      reader.release();
    }
    expect(await tableTexts(db.pool)).toEqual(before);
  });

  async function waitsForALock(): Promise<boolean> {
    const { rows } = await db.pool.query<{ waits: boolean }>(
      `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                       AND application_name = 'sitrep migrate' AND wait_event_type = 'Lock') AS waits`,
    );
    return rows[0]?.waits ?? false;
  }
});
