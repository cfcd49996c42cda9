import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { discardSubmission, submit } from '../../src/store/submission.ts';
import { commit } from '../support/commit.ts';
import { aChildOf, aSitrep, submissionOf } from '../support/document.ts';
import { childTables } from '../support/invariants.ts';
import { BAD_DOCUMENTS, MAX_BODY, parent, usedId } from './bad-documents.ts';
import { TestService, typeOf } from './harness.ts';

let service: TestService;
beforeAll(async () => {
  // No worker: whatever was started by mistake would stay to be seen.
  service = await TestService.start({ worker: false, maxBodyBytes: MAX_BODY });
  const { pool } = service.api.db;
  await commit(pool, parent);
  await pool.query(
    `INSERT INTO alert (id, class, version, payload, case_id) VALUES ($1, 'test.foo', 0, '{}', $2)`,
    [usedId, newId()],
  );
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => service.close());

async function countsOfRows(): Promise<Record<string, number>> {
  const { api } = service;
  const tables = ['fm_sitrep', 'sitrep_submission', 'alert', ...(await childTables(api.db.pool))];
  return Object.fromEntries(await Promise.all(tables.map(async (table) => [table, await api.count(table)])));
}

describe('a bad document', () => {
  test('would be good, but for what the table changes in it', async () => {
    const { pool } = service.api.db;
    const submission = submissionOf(aChildOf(parent));
    expect(await submit(pool, submission)).toEqual({ kind: 'submitted' });
    await discardSubmission(pool, submission.document.id, submission.digest);
  });

  test.each(BAD_DOCUMENTS)('[I32] is refused, and leaves nothing: $name', async (bad) => {
    const started = vi.spyOn(service.temporal.client.workflow, 'executeUpdateWithStart');
    const before = await countsOfRows();
    const reply = await service.api.submit(bad.body);
    const { status, type } = bad;
    expect({ status: reply.status, type: typeOf(reply) }, reply.text.slice(0, 1000)).toEqual({
      status,
      type,
    });
    expect(reply.body.faults?.[0]?.pointer).toBe(bad.pointer);
    expect(started).not.toHaveBeenCalled();
    expect(await countsOfRows()).toEqual(before);
  });

  test('[I32] is told at most 100 of its faults', async () => {
    const cases = Array.from({ length: 10_000 }, () => ({}));
    const reply = await service.api.submit({ ...aSitrep(), cases });
    expect(reply.status).toBe(422);
    expect(reply.body.faults).toHaveLength(100);
    expect(reply.body.detail).toContain('at least 100');
  });
});

test('[I32] a body of countless short values is refused before it is parsed', async () => {
  const large = await TestService.start({ worker: false });
  try {
    const reply = await large.api.submit(`[${'{},'.repeat(5_000_000)}{}]`);
    expect({ status: reply.status, type: typeOf(reply) }).toEqual({ status: 413, type: 'body-too-large' });
    expect((await large.api.get('/livez')).status).toBe(200);
  } finally {
    await large.close();
  }
});
