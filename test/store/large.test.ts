import { afterAll, beforeAll, expect, test } from 'vitest';
import { listAlerts } from '../../src/store/alert.ts';
import { rendezvous } from '../../src/store/rendezvous.ts';
import { deleteSitreps } from '../../src/store/sitrep-delete.ts';
import { readSitrep } from '../../src/store/sitrep-read.ts';
import { commit, countRows, insert } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aCase, aChildOf, aRequest, aSitrep, submissionOf } from '../support/document.ts';
import { checkInvariants, childTables } from '../support/invariants.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

test('10,000 cases with 100,000 requests go all the way through, and again as a child', {
  timeout: 120_000,
}, async () => {
  const cases = Array.from({ length: 10_000 }, () =>
    aCase({ alertRequests: Array.from({ length: 10 }, () => aRequest()) }),
  );
  const first = aSitrep({ cases });
  await commit(db.pool, first);
  expect(await rendezvous(db.pool, first.id)).toEqual({ kind: 'met', examined: 100_000, created: 100_000 });
  const view = await readSitrep(db.pool, 'current');
  expect(submissionOf(view as never).digest).toBe(submissionOf(first).digest);
  expect((await listAlerts(db.pool, { limit: 1 })).items).toHaveLength(1);

  const second = aChildOf(first);
  second.cases.push(aCase({ alertRequests: Array.from({ length: 10 }, () => aRequest()) }));
  await insert(db.pool, second);
  await commit(db.pool, second, 1);
  expect(await rendezvous(db.pool, second.id)).toEqual({ kind: 'met', examined: 10, created: 10 });
  await db.pool.query('ANALYZE');
  await checkInvariants(db.pool, { digests: false });

  const doomed = [{ id: first.id, lifecycleOpen: true }];
  expect(await deleteSitreps(db.pool, doomed)).toMatchObject({ deleted: [first.id] });
  for (const table of await childTables(db.pool)) {
    expect(await countRows(db.pool, `${table} WHERE sitrep_id = '${first.id}'`)).toBe(0);
  }
});
