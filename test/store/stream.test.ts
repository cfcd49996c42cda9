import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { readSitrep, streamSitrep } from '../../src/store/sitrep-read.ts';
import { submit } from '../../src/store/submission.ts';
import { commit } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aCase, aChildOf, aRequest, aSitrep, type Sent, submissionOf } from '../support/document.ts';

/** 24 MB as JSON: more than there is room for between Postgres and a reader that doesn't read. */
const large = aSitrep({
  cases: Array.from({ length: 400 }, () =>
    aCase({ alertRequests: [aRequest({ payload: { filling: 'x'.repeat(60_000) } })] }),
  ),
});

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
  await commit(db.pool, large);
});
// Which also fails when a stream kept its connection.
afterAll(() => db.drop());

afterEach(() => {
  vi.useRealTimers();
});

const everyConnectionIsBack = () =>
  expect.poll(() => db.pool.totalCount - db.pool.idleCount, { timeout: 10_000 }).toBe(0);

test('a stream is, as JSON, the sitrep that is read as an object: whatever its texts are, and if it has no case', async () => {
  const odd = '"\\" \\n {}],\t[🙂 €\u2028\u0001\u0002 \\. \\\\x01 ,';
  const ereports = [
    { restartId: crypto.randomUUID(), ena: '0xffffffffffffffff', comment: odd },
    { restartId: crypto.randomUUID(), ena: '0x0', comment: '' },
  ];
  const strange: Sent = aSitrep({
    parentId: large.id,
    comment: odd,
    cases: [
      aCase({ comment: odd, ereports, alertRequests: [aRequest({ payload: { [odd]: odd } })] }),
      aCase(),
    ],
  });
  const empty = aChildOf(strange, { cases: [] });
  for (const sent of [large, strange, empty]) {
    if (sent !== large) await commit(db.pool, sent);
    const stream = await streamSitrep(db.pool, { id: sent.id });
    expect(stream).not.toBeNull();
    const json = stream ? JSON.parse(await text(stream)) : null;
    expect(json).toEqual(await readSitrep(db.pool, { id: sent.id }));
    expect(submissionOf(json).digest).toBe(submissionOf(sent).digest);
  }
  for (const submitted of [aChildOf(empty), aChildOf(empty, strange.cases ? { cases: strange.cases } : {})]) {
    await submit(db.pool, submissionOf({ ...submitted, parentId: empty.id }));
    const stream = await streamSitrep(db.pool, { id: submitted.id });
    const json = stream ? JSON.parse(await text(stream)) : null;
    expect(json).toEqual(await readSitrep(db.pool, { id: submitted.id }));
    expect(json).toMatchObject({ state: 'submitted' });
  }
  await everyConnectionIsBack();
});

test('a stream that was read leaves no timer behind, which would hold a process that is to end', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await db.pool.query('SELECT 1');
  const before = vi.getTimerCount();
  const stream = await streamSitrep(db.pool, { id: large.id });
  for await (const _ of stream ?? []);
  expect(vi.getTimerCount()).toBe(before);
});

test('[I9] a stream whose connection breaks in the middle ends with an error, not as if it were whole', async () => {
  const stream = await streamSitrep(db.pool, { id: large.id });
  let pieces = 0;
  const reading = (async () => {
    for await (const _ of stream ?? []) {
      if (++pieces !== 2) continue;
      await db.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND query LIKE '%COPY%' AND pid <> pg_backend_pid()`,
      );
    }
  })();
  await expect(reading).rejects.toThrow();
  await everyConnectionIsBack();
});

test('a reader that goes away in the middle gives its connection back', async () => {
  const stream = await streamSitrep(db.pool, { id: large.id });
  for await (const piece of stream ?? []) {
    expect(piece.length).toBeGreaterThan(0);
    break;
  }
  await everyConnectionIsBack();
});

test('a reader that reads too slowly is given up, and holds no snapshot for ever', async () => {
  const stream = await streamSitrep(db.pool, { id: large.id }, 200);
  const ended = new Promise((resolve) => stream?.once('error', resolve));
  expect(await ended).toMatchObject({ name: 'AbortError' });
  await everyConnectionIsBack();
});
