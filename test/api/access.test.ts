import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ROUTES } from '../../src/api/routes/index.ts';
import { MEMORY, SHARED, TokenMemory } from '../../src/api/token-memory.ts';
import { ROLES, type Role } from '../../src/model/access.ts';
import { DATABASE_OWNER } from '../../src/model/audit.ts';
import { newToken } from '../../src/model/token.ts';
import { revokeToken } from '../../src/store/token.ts';
import { holding } from '../support/blocked.ts';
import { tableTexts } from '../support/invariants.ts';
import { bearer, expire, GENEROUS, makeToken, type TestToken } from '../support/tokens.ts';
import { type Reply, startTestApi, type TestApi, typeOf } from './harness.ts';

/** Who may ask what; a route that is not here turns the first test red. */
const ADMIN: Role[] = ['admin'];
const OPERATORS: Role[] = ['operator', 'admin'];
const REPORTERS: Role[] = ['reporter', 'admin'];
const EVERY_TOKEN: Role[] = ['viewer', 'reporter', 'operator', 'admin'];
const EVERYBODY = 'everybody';
const MAY: Record<string, Role[] | typeof EVERYBODY> = {
  'POST /v1/ereports': REPORTERS,
  'GET /v1/ereports': EVERY_TOKEN,
  'GET /v1/ereports/{restartId}/{ena}': EVERY_TOKEN,
  'POST /v1/sitreps': REPORTERS,
  'GET /v1/sitreps': EVERY_TOKEN,
  'GET /v1/sitreps/current': EVERY_TOKEN,
  'GET /v1/sitreps/{sitrep}': EVERY_TOKEN,
  'GET /v1/sitreps/{sitrep}/report': EVERY_TOKEN,
  'POST /v1/rediagnosis': OPERATORS,
  'GET /v1/alerts': EVERY_TOKEN,
  'GET /v1/alerts/{id}': EVERY_TOKEN,
  'GET /v1/alerts/{id}/why': EVERY_TOKEN,
  'DELETE /v1/alerts/{id}': OPERATORS,
  'POST /v1/receivers': OPERATORS,
  'GET /v1/receivers': EVERY_TOKEN,
  'GET /v1/receivers/{id}': EVERY_TOKEN,
  'PATCH /v1/receivers/{id}': OPERATORS,
  'DELETE /v1/receivers/{id}': OPERATORS,
  'GET /v1/receivers/{id}/secrets': EVERY_TOKEN,
  'POST /v1/receivers/{id}/secrets': OPERATORS,
  'GET /v1/receivers/{id}/subscriptions': EVERY_TOKEN,
  'POST /v1/receivers/{id}/subscriptions': OPERATORS,
  'DELETE /v1/receivers/{id}/subscriptions/{subscription}': OPERATORS,
  'GET /v1/deliveries': EVERY_TOKEN,
  'GET /v1/deliveries/{id}': EVERY_TOKEN,
  'GET /v1/deliveries/{id}/attempts': EVERY_TOKEN,
  'POST /v1/deliveries/{id}/resend': OPERATORS,
  'POST /v1/receivers/{id}/resend': OPERATORS,
  'POST /v1/receivers/{id}/probe': OPERATORS,
  'GET /v1/configuration': EVERY_TOKEN,
  'PUT /v1/configuration': OPERATORS,
  'GET /v1/configuration/history': EVERY_TOKEN,
  'GET /v1/configuration/history/{version}': EVERY_TOKEN,
  'POST /v1/tokens': ADMIN,
  'GET /v1/tokens': ADMIN,
  'DELETE /v1/tokens/{id}': ADMIN,
  'GET /v1/audit': OPERATORS,
  'POST /v1/tend': OPERATORS,
  'GET /v1/info': EVERY_TOKEN,
  'GET /livez': EVERYBODY,
  'GET /readyz': EVERYBODY,
  'GET /openapi.json': EVERYBODY,
  'GET /': EVERYBODY,
};

/** Whom the API does not know. */
const STRANGERS = ['nobody', 'a wrong token', 'a revoked token', 'an expired token', 'a password'] as const;
type Stranger = (typeof STRANGERS)[number];

const ID = '01a1f801-ccf0-7000-8000-000000000001';
const PARAMETERS: Record<string, string> = { ena: '1', version: '1', subscription: 'test.foo' };

/** Temporal is away: what is let in, and needs it, is answered 503. */
const NO_TEMPORAL = {
  withDeadline: () => Promise.reject(new Error('There is none.')),
  workflow: {},
} as unknown as Client;

let api: TestApi;
const tokens = {} as Record<Role, TestToken>;
let strangers: Record<Stranger, Record<string, string>>;
beforeAll(async () => {
  api = await startTestApi(NO_TEMPORAL, { authentication: GENEROUS });
  const { pool } = api.db;
  for (const role of ROLES) tokens[role] = await makeToken(pool, role);
  const revoked = await makeToken(pool, 'admin', { name: 'revoked' });
  await revokeToken(pool, revoked.id, DATABASE_OWNER);
  const expired = await makeToken(pool, 'admin', { name: 'expired' });
  await expire(pool, expired);
  strangers = {
    nobody: {},
    'a wrong token': bearer({ token: newToken() }),
    'a revoked token': bearer(revoked),
    'an expired token': bearer(expired),
    'a password': { authorization: `Basic ${Buffer.from(`admin:${tokens.admin.token}`).toString('base64')}` },
  };
});
afterAll(() => api.close());

const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;

/** Asks what nothing comes of: for things that are not there, with a body that says nothing. */
function ask(name: string, headers: Record<string, string>): Promise<Reply> {
  const [method = '', path = ''] = name.split(' ');
  const place = path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => PARAMETERS[parameter] ?? ID);
  const takesBody = ROUTES.some((route) => nameOf(route) === name && route.body);
  const body = takesBody
    ? { body: {}, headers: { ...headers, 'content-type': 'application/json' } }
    : { headers };
  return api.ask(method, place, body);
}

test('it is decided for each route who may ask it, and for no other', () => {
  expect(Object.keys(MAY).sort()).toEqual(ROUTES.map(nameOf).sort());
});

describe.each(Object.entries(MAY))('%s', (name, may) => {
  test.each(ROLES)('%s', async (role) => {
    const reply = await ask(name, bearer(tokens[role]));
    if (may === EVERYBODY || may.includes(role)) {
      expect([401, 403, 429], reply.text).not.toContain(reply.status);
      return;
    }
    expect({ status: reply.status, type: typeOf(reply) }).toEqual({ status: 403, type: 'forbidden' });
    expect(reply.body).toMatchObject({ role, roles: may });
    expect(reply.body.detail).toContain(`The token ${role} has the role ${role}; ${name} takes`);
    expect(reply.headers['www-authenticate']).toContain('error="insufficient_scope"');
  });

  test.each(STRANGERS)('%s', async (stranger) => {
    const reply = await ask(name, strangers[stranger]);
    if (may === EVERYBODY) {
      expect(reply.status).not.toBe(401);
      return;
    }
    expect({ status: reply.status, type: typeOf(reply) }).toEqual({ status: 401, type: 'unauthenticated' });
    expect(reply.body.roles).toEqual(may);
    expect(reply.headers['www-authenticate']).toBe(
      stranger === 'nobody' ? 'Bearer realm="sitrep"' : 'Bearer realm="sitrep", error="invalid_token"',
    );
  });
});

test('HEAD tells strangers no more than GET', async () => {
  const guarded = Object.keys(MAY).filter((name) => name.startsWith('GET') && MAY[name] !== EVERYBODY);
  for (const name of guarded) {
    expect((await ask(name.replace('GET', 'HEAD'), {})).status, name).toBe(401);
    expect((await ask(name.replace('GET', 'HEAD'), bearer(tokens.admin))).status, name).not.toBe(401);
  }
});

test('what strangers send is refused before it is read, and changes nothing', async () => {
  const names = async () => (await api.db.pool.query('SELECT name FROM access_token ORDER BY 1')).rows;
  const before = await names();
  const reply = await api.post('/v1/tokens', { name: 'mine', role: 'admin' }, strangers['a wrong token']);
  expect(reply.status).toBe(401);
  const more = await api.post('/v1/tokens', 'no JSON', bearer(tokens.operator));
  expect(more.status).toBe(403);
  expect(await names()).toEqual(before);
});

describe('a token', () => {
  const create = (body: object) => api.post('/v1/tokens', body, bearer(tokens.admin));
  const info = (token: string) => api.get('/v1/info', { headers: bearer({ token }) });

  test('is shown when it is made, and rests as its hash only', async () => {
    const { status, body } = await create({ name: 'gateway', role: 'reporter' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'gateway', role: 'reporter', timeExpires: null, timeLastUsed: null });
    expect(body.token).toMatch(/^sitrep_[\w-]{43}$/);
    expect((await info(body.token)).status).toBe(200);
    const listed = await api.get('/v1/tokens?name=gateway', { headers: bearer(tokens.admin) });
    expect(listed.body.items).toMatchObject([{ id: body.id, timeLastUsed: expect.any(String) }]);
    const everything = JSON.stringify(await tableTexts(api.db.pool));
    for (const text of [everything, listed.text, api.log.join()]) expect(text).not.toContain(body.token);
  });

  test('has a name of its own, which is refused once more', async () => {
    const again = await create({ name: 'admin', role: 'viewer' });
    expect({ status: again.status, type: typeOf(again) }).toEqual({ status: 409, type: 'token-name-taken' });
  });

  test.each([
    [{ role: 'viewer' }, '/name'],
    [{ name: 'Ada', role: 'viewer' }, '/name'],
    [{ name: 'x', role: 'root' }, '/role'],
    [{ name: 'x', role: 'viewer', expiresInSeconds: 0 }, '/expiresInSeconds'],
    [{ name: 'x', role: 'viewer', token: newToken() }, '/token'],
  ])('is not made of %j', async (body, pointer) => {
    const { status, body: problem } = await create(body);
    expect(status).toBe(422);
    expect(problem.faults).toMatchObject([{ pointer }]);
  });

  test('that is revoked here is refused here at once, however often it was used', async () => {
    const { body } = await create({ name: 'short-lived', role: 'viewer' });
    expect((await info(body.token)).status).toBe(200);
    const revoke = () => api.ask('DELETE', `/v1/tokens/${body.id}`, { headers: bearer(tokens.admin) });
    expect((await revoke()).status).toBe(204);
    expect((await info(body.token)).status).toBe(401);
    expect((await revoke()).status).toBe(404);
  });

  test('that is revoked elsewhere is refused once it is not remembered any more', async () => {
    const { pool } = api.db;
    const token = await makeToken(pool, 'viewer', { name: 'remembered' });
    expect((await info(token.token)).status).toBe(200);
    await revokeToken(pool, token.id, DATABASE_OWNER);
    await expect.poll(async () => (await info(token.token)).status, { timeout: MEMORY * 3 }).toBe(401);
  }, 30_000);

  test('that expires is refused from then on, remembered or not', async () => {
    const token = await makeToken(api.db.pool, 'viewer', { name: 'brief', expiresInSeconds: 2 });
    expect((await info(token.token)).status).toBe(200);
    await expect
      .poll(async () => (await info(token.token)).body.detail)
      .toMatch(/The token brief has expired/);
  }, 30_000);

  test('is written as used once in a while, and waits for nobody to be let in', async () => {
    const { pool } = api.db;
    const { id, token } = await makeToken(pool, 'viewer', { name: 'busy' });
    expect((await info(token)).status).toBe(200);
    const places = async () =>
      (await pool.query('SELECT ctid, time_last_used FROM access_token WHERE id = $1', [id])).rows;
    const before = await places();
    const memory = new TokenMemory(pool);
    expect(await memory.holderOf(token)).toMatchObject({ id, role: 'viewer' });
    expect(await places()).toEqual(before);
    await pool.query(`UPDATE access_token SET time_last_used = NULL WHERE id = $1`, [id]);
    await holding(pool, [`SELECT FROM access_token WHERE id = '${id}' FOR UPDATE`], async () => {
      expect(await new TokenMemory(pool).holderOf(token)).toMatchObject({ id });
    });
    expect(await places()).toMatchObject([{ time_last_used: null }]);
  });
});

test('whoever comes while the database is asked for a token shares the answer', async () => {
  const { pool } = api.db;
  const { token } = await makeToken(pool, 'viewer', { name: 'crowd' });
  const asking = vi.spyOn(pool, 'query');
  const memory = new TokenMemory(pool);
  const holders = await Promise.all(Array.from({ length: 50 }, () => memory.holderOf(token)));
  expect(new Set(holders.map((holder) => holder?.name))).toEqual(new Set(['crowd']));
  expect(asking).toHaveBeenCalledTimes(1);
  // Nobody has this one: it is not remembered, or memory would be for anybody to fill.
  const unknown = newToken();
  expect(await memory.holderOf(unknown)).toBeNull();
  expect(await memory.holderOf(unknown)).toBeNull();
  expect(asking).toHaveBeenCalledTimes(3);
  expect(await memory.holderOf('sitrep_')).toBeNull();
  expect(asking).toHaveBeenCalledTimes(3);
  asking.mockRestore();
});

test('an answer that does not come is shared for a moment only: another connection may have it', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const asked: ((answer: object) => void)[] = [];
    const query = () => new Promise((resolve) => asked.push(resolve));
    const memory = new TokenMemory({ query } as never);
    const token = newToken();
    const hung = memory.holderOf(token);
    vi.advanceTimersByTime(SHARED - 1);
    const sharing = memory.holderOf(token);
    expect(asked).toHaveLength(1);
    vi.advanceTimersByTime(1);
    const late = memory.holderOf(token);
    expect(asked).toHaveLength(2);
    const ada = { id: crypto.randomUUID(), name: 'ada', role: 'viewer', secondsLeft: null };
    asked[1]?.({ rows: [ada] });
    expect(await late).toEqual(ada);
    // That the first one finds nobody any more changes nothing of what is known since.
    asked[0]?.({ rows: [] });
    expect(await Promise.all([hung, sharing])).toEqual([null, null]);
    expect(await memory.holderOf(token)).toEqual(ada);
    expect(asked).toHaveLength(2);
  } finally {
    vi.useRealTimers();
  }
});

test('with tokens, a page of another site gets nowhere, and the service may have a name', async () => {
  const headers = { host: 'sitrep.example.org', origin: 'https://elsewhere.example' };
  expect((await api.get('/v1/info', { headers })).status).toBe(401);
  expect((await api.get('/v1/info', { headers: { ...headers, ...bearer(tokens.viewer) } })).status).toBe(200);
});
