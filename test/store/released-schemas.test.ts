import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readAlert } from '../../src/store/alert.ts';
import { migrate } from '../../src/store/migrate.ts';
import { rendezvous } from '../../src/store/rendezvous.ts';
import { sitrepState } from '../../src/store/sitrep-read.ts';
import { commit } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aCase, aChildOf, aRequest, requestIds } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { migrationNames, migrationsOfRelease } from '../support/migrations.ts';
import { DELETED, fillRelease, releasedHead } from './released-rows.ts';

let folders: string;
let db: TestDatabase;
beforeAll(async () => {
  folders = await mkdtemp(join(tmpdir(), 'sitrep-releases-'));
});
afterAll(() => rm(folders, { recursive: true }));
beforeEach(async () => {
  db = await createDatabase();
  await db.pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
});
afterEach(() => db.drop());

type Row = Record<string, unknown>;

/** All rows but those about the migrations themselves, by their tables. */
async function rowsOf(pool: pg.Pool): Promise<[table: string, row: Row][]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname <> 'sitrep_migration' ORDER BY 1`,
  );
  const tables = rows.map(async ({ name }) => {
    const found = await pool.query<{ row: Row }>(`SELECT to_jsonb(t) AS row FROM ${name} t`);
    return found.rows.map(({ row }): [string, Row] => [name, row]);
  });
  return (await Promise.all(tables)).flat();
}

const RELEASES = (await migrationNames()).map((name, index) => [index + 1, name] as const);

test.each(RELEASES)(
  'what release %i (%s) left is there after the migration, and the service goes on from it',
  async (release) => {
    await migrate(db.url, { folder: await migrationsOfRelease(folders, release) });
    await fillRelease(db.pool, release);
    const before = await rowsOf(db.pool);
    expect(before.length).toBeGreaterThan(15);

    const { applied } = await migrate(db.url);
    expect(applied).toEqual(RELEASES.slice(release).map(([, name]) => name));
    const after = await rowsOf(db.pool);
    // Columns may have been added.
    for (const [table, row] of before) expect(after).toContainEqual([table, expect.objectContaining(row)]);
    await checkInvariants(db.pool);

    const child = aChildOf(releasedHead, {
      cases: [...releasedHead.cases, aCase({ alertRequests: [aRequest()] })],
    });
    expect(await commit(db.pool, child)).toBe(3);
    expect(await rendezvous(db.pool, child.id)).toMatchObject({ kind: 'met', created: 1 });
    expect(await readAlert(db.pool, requestIds(child).at(-1) as string)).not.toBeNull();
    expect(await readAlert(db.pool, DELETED)).toBeNull();
    expect(await sitrepState(db.pool, releasedHead.id)).toMatchObject({ state: 'superseded' });
    await checkInvariants(db.pool);
  },
);
