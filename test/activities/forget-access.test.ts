import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TendReport } from '../../src/model/lifecycle.ts';
import { TestService } from '../api/harness.ts';
import { auditedDaysAgo, expiredDaysAgo } from '../support/days-ago.ts';

const DAYS = 30;
let service: TestService;
beforeAll(async () => {
  service = await TestService.start({ worker: false });
  await service.startWorker({ SITREP_AUDIT_DAYS: String(DAYS) });
});
afterAll(() => service.close());

const pool = () => service.api.db.pool;
const tend = async (dryRun: boolean): Promise<TendReport['found']> =>
  (await service.api.post(`/v1/tend?dryRun=${dryRun}`, undefined)).body.found;

test('entries of the audit log and expired tokens are kept for their time, and then go', async () => {
  for (const daysAgo of [0, DAYS - 1, DAYS + 1, 400]) await auditedDaysAgo(pool(), daysAgo);
  await expiredDaysAgo(pool(), 'lasting', null);
  await expiredDaysAgo(pool(), 'to come', -400);
  await expiredDaysAgo(pool(), 'just expired', DAYS - 1);
  await expiredDaysAgo(pool(), 'long expired', DAYS + 1);

  expect(await tend(true)).toMatchObject({ auditDeleted: { count: 2 }, tokensDeleted: { count: 1 } });
  // Four that are of before, and one for each token.
  expect(await service.api.count('audit_entry')).toBe(4 + 4);
  expect(await tend(false)).toMatchObject({ auditDeleted: { count: 2 }, tokensDeleted: { count: 1 } });
  // Also that this pass was asked for is on record.
  expect(await service.api.count('audit_entry')).toBe(4 + 4 - 2 + 1);
  const { rows } = await pool().query<{ name: string }>('SELECT name FROM access_token ORDER BY name');
  expect(rows.map(({ name }) => name)).toEqual(['just expired', 'lasting', 'to come']);
  expect(await tend(false)).toMatchObject({ auditDeleted: { count: 0 }, tokensDeleted: { count: 0 } });
}, 60_000);
