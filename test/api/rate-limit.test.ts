import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bearer, makeToken, type TestToken } from '../support/tokens.ts';
import { startTestApi, type TestApi, typeOf } from './harness.ts';

const LIMITS = { reads: 3, reports: 2, changes: 1 };
const NO_TEMPORAL = {} as Client;
const ID = '01a1f801-ccf0-7000-8000-000000000001';

let api: TestApi;
let one: TestToken;
let other: TestToken;
beforeAll(async () => {
  api = await startTestApi(NO_TEMPORAL, { authentication: { rateLimits: LIMITS } });
  one = await makeToken(api.db.pool, 'admin', { name: 'one' });
  other = await makeToken(api.db.pool, 'admin', { name: 'other' });
});
afterAll(() => api.close());

const read = (token: TestToken) => api.get('/v1/alerts', { headers: bearer(token) });
const report = (token: TestToken) => api.post('/v1/ereports', [], bearer(token));
const change = (token: TestToken) => api.ask('DELETE', `/v1/receivers/${ID}`, { headers: bearer(token) });

test('a token that asks more often than it may is told when to go on; what is of another kind, or another token, counts for itself', async () => {
  for (const [limit, ask, kind] of [
    [LIMITS.reads, read, 'reads'],
    [LIMITS.reports, report, 'reports'],
    [LIMITS.changes, change, 'changes'],
  ] as const) {
    for (let n = 0; n < limit; n++) expect((await ask(one)).status, `${kind} ${n}`).not.toBe(429);
    const refused = await ask(one);
    expect({ status: refused.status, type: typeOf(refused) }).toEqual({
      status: 429,
      type: 'too-many-requests',
    });
    const seconds = Number(refused.headers['retry-after']);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(refused.body.detail).toBe(
      `The token one may make ${limit} ${kind} a minute. Go on in ${seconds} s.`,
    );
    expect((await ask(other)).status).not.toBe(429);
  }
});

test('probes of the process are not counted', async () => {
  for (let n = 0; n < 10; n++) expect((await api.get('/livez')).status).toBe(200);
});
