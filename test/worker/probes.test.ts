import { afterEach, expect, test } from 'vitest';
import { Problem } from '../../src/model/problem.ts';
import { type Probes, startProbes } from '../../src/worker/probes.ts';

let probes: Probes | undefined;
afterEach(async () => {
  await probes?.close();
  probes = undefined;
});

async function ask(path: string, checks: () => Promise<Record<string, string>>, listen = '127.0.0.1:0') {
  probes = await startProbes(listen, checks);
  const reply = await fetch(new URL(path, probes.url));
  return { status: reply.status, type: reply.headers.get('content-type'), body: await reply.json() };
}

test('it lives, whatever it needs', async () => {
  const answer = await ask('/livez', () => Promise.reject(new Error('not asked')));
  expect(answer).toEqual({ status: 200, type: 'application/json', body: { status: 'alive' } });
});

test('it is ready when all that it needs is', async () => {
  expect(await ask('/readyz', async () => ({ postgres: 'ready' }))).toEqual({
    status: 200,
    type: 'application/json',
    body: { status: 'ready', checks: { postgres: 'ready' } },
  });
});

test('it is not ready when something is not, and says what', async () => {
  const checks = { postgres: 'Postgres does not answer.' };
  const problem = new Problem('unavailable', 'postgres: Postgres does not answer.', { checks });
  expect(await ask('/readyz', () => Promise.reject(problem))).toMatchObject({
    status: 503,
    type: 'application/problem+json',
    body: { type: 'urn:sitrep:problem:unavailable', detail: 'postgres: Postgres does not answer.', checks },
  });
});

test('there is nothing else to be had there', async () => {
  const answer = await ask('/v1/sitreps', async () => ({}));
  expect(answer).toMatchObject({ status: 404, type: 'application/problem+json' });
});

test('an address that is taken is named', async () => {
  probes = await startProbes('127.0.0.1:0', async () => ({}));
  const taken = new URL(probes.url).host;
  await expect(startProbes(taken, async () => ({}))).rejects.toThrow(/EADDRINUSE.*127\.0\.0\.1/);
});

test('it may listen on IPv6, too', async () => {
  expect(await ask('/livez', async () => ({}), '[::1]:0')).toMatchObject({ status: 200 });
});
