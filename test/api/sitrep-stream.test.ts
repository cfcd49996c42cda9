import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commit } from '../support/commit.ts';
import { aCase, aRequest, aSitrep } from '../support/document.ts';
import { startTestApi, type TestApi } from './harness.ts';

const large = aSitrep({
  cases: Array.from({ length: 400 }, () =>
    aCase({ alertRequests: [aRequest({ payload: { filling: 'x'.repeat(60_000) } })] }),
  ),
});
const path = `/v1/sitreps/${large.id}`;

let api: TestApi;
beforeAll(async () => {
  // Reads ask Temporal nothing.
  api = await startTestApi(new Client());
  await commit(api.db.pool, large);
});
// Which also fails when an answer kept its connection.
afterAll(() => api.close());

test('a sitrep of any size is sent as it is read, without its length', async () => {
  const reply = await api.get('/v1/sitreps/current');
  expect(reply.status).toBe(200);
  expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(reply.headers['content-length']).toBeUndefined();
  expect(reply.body.cases).toHaveLength(400);
  const head = await api.ask('HEAD', path);
  expect(head).toMatchObject({ status: 200, text: '' });
});

test('an answer that breaks off in the middle ends the connection: nobody takes it for whole', async () => {
  const response = await fetch(`${api.url}${path}`);
  const reader = response.body?.getReader();
  expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
  await api.db.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND query LIKE '%COPY%' AND pid <> pg_backend_pid()`,
  );
  const rest = async () => {
    while (!(await reader?.read())?.done);
  };
  await expect(rest()).rejects.toThrow();
});

test('a client that goes away in the middle leaves no read behind', async () => {
  const away = new AbortController();
  const response = await fetch(`${api.url}${path}`, { signal: away.signal });
  expect(response.status).toBe(200);
  away.abort();
  const { pool } = api.db;
  await expect.poll(() => pool.totalCount - pool.idleCount, { timeout: 10_000 }).toBe(0);
});

test('clients that read nothing of their answers leave connections to all others', async () => {
  const { max } = api.db.pool.options;
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  const slow = Array.from({ length: max + 1 }, async () => {
    const request = get(`${api.url}${path}`, { agent });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response.statusCode === 503 ? 'turned away' : 'begun';
  });
  expect(await api.get('/v1/alerts')).toMatchObject({ status: 200 });
  const outcomes = await Promise.all(slow);
  expect(outcomes.filter((one) => one === 'begun')).toHaveLength(max - 4);
  expect(await api.get('/v1/alerts')).toMatchObject({ status: 200 });
  agent.destroy();
  const { pool } = api.db;
  await expect.poll(() => pool.totalCount - pool.idleCount).toBe(0);
  expect(await api.get(path)).toMatchObject({ status: 200 });
});
