import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commit } from '../support/commit.ts';
import { aCase, aRequest, aSitrep } from '../support/document.ts';
import { connectTemporal, type TestTemporal } from '../support/temporal.ts';
import { startTestApi, type TestApi } from './harness.ts';

/** Longer than a test may take: whatever is waited for ends sooner, or never. */
const TOO_LONG = 120_000;

/** 12 MB as JSON: more than there is room for on its way, so that its answer ends when its client wants. */
const large = aSitrep({
  cases: Array.from({ length: 200 }, () =>
    aCase({ alertRequests: [aRequest({ payload: { filling: 'x'.repeat(60_000) } })] }),
  ),
});

let temporal: TestTemporal;
let api: TestApi;
beforeEach(async () => {
  temporal = await connectTemporal();
  api = await startTestApi(temporal.client, { namespace: temporal.namespace });
});
afterEach(async () => {
  await api.close();
  await temporal.close();
});

test('an API that is asked to stop says first that it is not ready, and answers the rest as ever', async () => {
  expect(await api.get('/readyz')).toMatchObject({ status: 200 });
  const stopped = api.stop({ drainMs: 2_000, graceMs: TOO_LONG });
  const unready = await api.get('/readyz');
  expect(unready).toMatchObject({ status: 503, body: { detail: 'This API is being stopped.' } });
  expect(await api.get('/v1/sitreps')).toMatchObject({ status: 200 });
  expect(await api.get('/livez')).toMatchObject({ status: 200 });
  await stopped;
  await expect(api.get('/livez')).rejects.toThrow(/ECONNREFUSED/);
});

test('what it was asked before is answered to the end, on a connection that ends with it; nobody else is let in', async () => {
  const client = await api.db.pool.connect();
  await client.query('BEGIN');
  await client.query('LOCK TABLE alert IN ACCESS EXCLUSIVE MODE');
  const agent = new Agent({ keepAlive: true });
  const request = get({ port: api.port, host: '127.0.0.1', path: '/v1/alerts', agent });
  const answer = once(request, 'response') as Promise<[IncomingMessage]>;
  await expect.poll(() => waitingFor('alert')).toBe(1);
  const stopped = api.stop({ drainMs: 0, graceMs: TOO_LONG });
  await expect.poll(() => api.get('/livez').catch((error: Error) => error.message)).toMatch(/ECONNREFUSED/);
  await client.query('COMMIT');
  client.release();
  const [response] = await answer;
  expect(response).toMatchObject({ statusCode: 200, headers: { connection: 'close' } });
  response.resume();
  await stopped;
  agent.destroy();
});

test('a connection whose answer had begun before is closed once it is idle', async () => {
  await commit(api.db.pool, large);
  const agent = new Agent({ keepAlive: true });
  const request = get({ port: api.port, host: '127.0.0.1', path: `/v1/sitreps/${large.id}`, agent });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const stopped = api.stop({ drainMs: 0, graceMs: TOO_LONG });
  response.resume();
  await stopped;
  agent.destroy();
});

test('a connection that a client has opened in advance holds nobody up', async () => {
  const socket = connect(api.port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  expect(await api.get('/livez')).toMatchObject({ status: 200 });
  await api.stop({ drainMs: 0, graceMs: TOO_LONG });
  socket.destroy();
});

test('whoever takes longer than the grace is cut off', async () => {
  const client = await api.db.pool.connect();
  await client.query('BEGIN');
  await client.query('LOCK TABLE alert IN ACCESS EXCLUSIVE MODE');
  const answer = api.get('/v1/alerts').catch((error: Error) => error.message);
  await expect.poll(() => waitingFor('alert')).toBe(1);
  await api.stop({ drainMs: 0, graceMs: 50 });
  expect(await answer).toMatch(/socket hang up|ECONNRESET/);
  await client.query('COMMIT');
  client.release();
  // Whoever was cut off still has its answer from Postgres to come, and only then gives its connection back.
  await expect.poll(() => api.db.pool.totalCount - api.db.pool.idleCount).toBe(0);
});

async function waitingFor(table: string): Promise<number | null> {
  const waiting = await api.db.pool.query(
    'SELECT FROM pg_locks WHERE NOT granted AND relation = $1::regclass',
    [table],
  );
  return waiting.rowCount;
}
