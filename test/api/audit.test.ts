import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROUTES } from '../../src/api/routes/index.ts';
import type { AuditView } from '../../src/model/audit.ts';
import { ACTION_NAMES } from '../../src/model/audit.ts';
import { newId } from '../../src/model/id.ts';
import { TEND_KINDS } from '../../src/model/lifecycle.ts';
import type { NewReceiverView } from '../../src/model/receiver.ts';
import { Hook } from '../support/hook.ts';
import { tableTexts } from '../support/invariants.ts';
import { deliveriesIn, dispatchAll, makeAlerts, SendersClock } from '../support/receivers.ts';
import { bearer, GENEROUS, makeToken, type TestToken } from '../support/tokens.ts';
import { type Reply, startTestApi, type TestApi } from './harness.ts';

const FOUND_NOTHING = {
  dryRun: false,
  thorough: false,
  found: Object.fromEntries(Object.keys(TEND_KINDS).map((kind) => [kind, { count: 0, ids: [] }])),
};
/** Temporal as far as these routes need it: a receiver is woken, and a pass of `tend` finds nothing. */
const TEMPORAL = {
  withDeadline: (_: number, call: () => unknown) => call(),
  workflow: {
    start: async () => ({ workflowId: 'tend', result: async () => FOUND_NOTHING }),
    signalWithStart: async () => {},
  },
} as unknown as Client;

let api: TestApi;
let hook: Hook;
let ada: TestToken;
let receiver: NewReceiverView;
beforeAll(async () => {
  api = await startTestApi(TEMPORAL, { authentication: GENEROUS });
  hook = await Hook.start();
  ada = await makeToken(api.db.pool, 'admin', { name: 'ada' });
  receiver = await make();
});
afterAll(async () => {
  await hook.stop();
  await api.close();
});

const pool = () => api.db.pool;
const JSON_TYPE = { 'content-type': 'application/json' };
const ask = (method: string, path: string, body?: unknown) =>
  api.ask(method, path, {
    headers: { ...bearer(ada), ...(body ? JSON_TYPE : {}) },
    ...(body ? { body } : {}),
  });
const audit = async (query = ''): Promise<AuditView[]> => (await ask('GET', `/v1/audit${query}`)).body.items;

async function make(fields: object = {}): Promise<NewReceiverView> {
  const input = { name: `r-${newId()}`, endpoint: hook.url, subscriptions: ['test.foo'], ...fields };
  return (await ask('POST', '/v1/receivers', input)).body;
}

/** The delivery of a new alert to the receiver, which has failed. */
async function failedDelivery(): Promise<string> {
  const [alertId = ''] = await makeAlerts(pool(), 1);
  await dispatchAll(pool());
  const clock = new SendersClock();
  await clock.refuse(pool(), receiver.id, await clock.begin(pool(), receiver.id), null);
  const made = (await deliveriesIn(pool())).filter(({ receiver_id }) => receiver_id === receiver.id);
  return made.find(({ alert_id }) => alert_id === alertId)?.id ?? '';
}

/** A change, made ready so that it can be asked for, and what is to be on record of it. */
interface Asked {
  path: string;
  body?: object;
  entry: (reply: Reply) => Partial<AuditView>;
}

const settings = () => ({
  name: receiver.name,
  endpoint: hook.url,
  description: '',
  enabled: true,
  subscriptions: ['test.foo'],
  retryDelays: receiver.retryDelays,
});

/** Each route that changes what operators and admins decide; one that is not here turns the first test red. */
const CHANGES: Record<string, () => Promise<Asked>> = {
  async 'DELETE /v1/alerts/{id}'() {
    const [id = ''] = await makeAlerts(pool(), 1);
    const before = (await ask('GET', `/v1/alerts/${id}`)).body;
    return {
      path: `/v1/alerts/${id}`,
      entry: () => ({ action: 'alert.deleted', thing: id, before, after: null }),
    };
  },
  async 'POST /v1/receivers'() {
    const name = `r-${newId()}`;
    return {
      path: '/v1/receivers',
      body: { name, endpoint: hook.url },
      entry: ({ body: { id } }) => ({
        action: 'receiver.created',
        thing: id,
        before: null,
        after: expect.objectContaining({ name, endpoint: hook.url, enabled: true, subscriptions: [] }),
      }),
    };
  },
  async 'PATCH /v1/receivers/{id}'() {
    return {
      path: `/v1/receivers/${receiver.id}`,
      body: { description: 'the night shift' },
      entry: () => ({
        action: 'receiver.changed',
        thing: receiver.id,
        before: settings(),
        after: { ...settings(), description: 'the night shift' },
      }),
    };
  },
  async 'DELETE /v1/receivers/{id}'() {
    const { id, name } = await make();
    return {
      path: `/v1/receivers/${id}`,
      entry: () => ({
        action: 'receiver.deleted',
        thing: id,
        before: { ...settings(), name },
        after: null,
      }),
    };
  },
  async 'POST /v1/receivers/{id}/secrets'() {
    return {
      path: `/v1/receivers/${receiver.id}/secrets`,
      body: { keepSeconds: 60 },
      entry: ({ body }) => ({
        action: 'receiver.secret-rotated',
        thing: receiver.id,
        after: { secretId: body.id, keepSeconds: 60 },
      }),
    };
  },
  async 'POST /v1/receivers/{id}/subscriptions'() {
    return {
      path: `/v1/receivers/${receiver.id}/subscriptions`,
      body: { subscription: 'test.foo.bar' },
      entry: () => ({
        action: 'receiver.changed',
        thing: receiver.id,
        before: { subscriptions: ['test.foo'] },
        after: { subscriptions: ['test.foo', 'test.foo.bar'] },
      }),
    };
  },
  async 'DELETE /v1/receivers/{id}/subscriptions/{subscription}'() {
    const { id } = await make({ subscriptions: ['test.foo', 'test.foo.bar'] });
    return {
      path: `/v1/receivers/${id}/subscriptions/test.foo`,
      entry: () => ({
        action: 'receiver.changed',
        thing: id,
        before: { subscriptions: ['test.foo', 'test.foo.bar'] },
        after: { subscriptions: ['test.foo.bar'] },
      }),
    };
  },
  async 'POST /v1/receivers/{id}/probe'() {
    return {
      path: `/v1/receivers/${receiver.id}/probe`,
      entry: ({ body }) => ({
        action: 'receiver.probed',
        thing: receiver.id,
        after: { deliveryId: body.delivery.id },
      }),
    };
  },
  async 'POST /v1/deliveries/{id}/resend'() {
    const id = await failedDelivery();
    return {
      path: `/v1/deliveries/${id}/resend`,
      entry: ({ body: { deliveryIds } }) => ({
        action: 'delivery.resent',
        thing: id,
        after: { deliveries: 1, deliveryIds },
      }),
    };
  },
  async 'POST /v1/receivers/{id}/resend'() {
    await failedDelivery();
    return {
      path: `/v1/receivers/${receiver.id}/resend?since=2020-01-01T00:00:00Z`,
      entry: ({ body: { deliveryIds } }) => ({
        action: 'receiver.resent',
        thing: receiver.id,
        after: { deliveries: deliveryIds.length, deliveryIds },
      }),
    };
  },
  async 'PUT /v1/configuration'() {
    const { version, configuration } = (await ask('GET', '/v1/configuration')).body;
    const change = {
      expectedVersion: version,
      author: 'Ada',
      configuration: { ...configuration, debounceMs: 77 },
    };
    return {
      path: '/v1/configuration',
      body: change,
      entry: () => ({
        action: 'configuration.set',
        thing: 'configuration',
        before: { version, debounceMs: configuration.debounceMs },
        after: { version: version + 1, debounceMs: 77 },
      }),
    };
  },
  async 'POST /v1/tend'() {
    return { path: '/v1/tend', entry: () => ({ action: 'tend.run', thing: 'tend' }) };
  },
  async 'POST /v1/tokens'() {
    return {
      path: '/v1/tokens',
      body: { name: 'grace', role: 'operator' },
      entry: ({ body: { id } }) => ({
        action: 'token.created',
        thing: id,
        before: null,
        after: { name: 'grace', role: 'operator', timeExpires: null },
      }),
    };
  },
  async 'DELETE /v1/tokens/{id}'() {
    const { id } = await makeToken(pool(), 'viewer', { name: 'leaving' });
    return {
      path: `/v1/tokens/${id}`,
      entry: () => ({
        action: 'token.revoked',
        thing: id,
        before: { name: 'leaving', role: 'viewer', timeExpires: null },
        after: null,
      }),
    };
  },
};
/** It is for operators since it is work; it writes nothing. */
const CHANGES_NOTHING = ['POST /v1/rediagnosis'];

test('what operators and admins can change is all here', () => {
  const changing = ROUTES.filter(
    ({ method, needs }) => method !== 'GET' && (needs === 'operate' || needs === 'administer'),
  ).map(({ method, path }) => `${method} ${path}`);
  expect([...Object.keys(CHANGES), ...CHANGES_NOTHING].sort()).toEqual(changing.sort());
});

/** While the database refuses each entry. */
async function withoutAudit<T>(work: () => Promise<T>): Promise<T> {
  await pool().query('ALTER TABLE audit_entry ADD CONSTRAINT refused CHECK (false) NOT VALID');
  try {
    return await work();
  } finally {
    await pool().query('ALTER TABLE audit_entry DROP CONSTRAINT refused');
  }
}

/** All but when a token was used last. */
async function texts() {
  const { access_token: _, ...all } = await tableTexts(pool());
  const { rows } = await pool().query('SELECT id FROM access_token ORDER BY id');
  return { ...all, tokens: rows };
}

describe.each(Object.entries(CHANGES))('%s', (name, ready) => {
  const [method = ''] = name.split(' ');

  test('is on record with who, what and how it was; or it is not done', async () => {
    const { path, body, entry } = await ready();
    const before = await texts();
    const refused = await withoutAudit(() => ask(method, path, body));
    expect(refused.status).toBe(500);
    expect(await texts()).toEqual(before);

    const reply = await ask(method, path, body);
    expect(reply.status, reply.text).toBeLessThan(300);
    const [newest] = await audit('?limit=1');
    expect(newest).toEqual({
      id: expect.any(String),
      timeCreated: expect.any(String),
      tokenId: ada.id,
      actor: 'ada',
      before: null,
      after: null,
      ...entry(reply),
    });
  });
});

test('no secret is in it', async () => {
  const { text } = await ask('GET', '/v1/audit?limit=1000');
  expect(text).not.toMatch(/whsec_|sitrep_|hash|sealed/);
});

test('each action that there is has been on record', async () => {
  const entries = await audit('?limit=1000');
  expect([...new Set(entries.map(({ action }) => action))].sort()).toEqual([...ACTION_NAMES].sort());
});

test('what changes nothing is not on record', async () => {
  const before = await audit('?limit=1000');
  const { version, configuration } = (await ask('GET', '/v1/configuration')).body;
  const same = { expectedVersion: version, author: 'Ada', configuration };
  expect((await ask('PUT', '/v1/configuration', same)).status).toBe(200);
  expect((await ask('POST', '/v1/tend?dryRun=true')).status).toBe(200);
  expect((await ask('DELETE', `/v1/alerts/${newId()}`)).status).toBe(404);
  expect((await ask('DELETE', `/v1/receivers/${newId()}`)).status).toBe(404);
  const there = { subscription: 'test.foo' };
  expect((await ask('POST', `/v1/receivers/${receiver.id}/subscriptions`, there)).status).toBe(200);
  const { body: asItIs } = await ask('GET', `/v1/receivers/${receiver.id}`);
  for (const change of [{}, { name: asItIs.name, subscriptions: asItIs.subscriptions }]) {
    expect(await ask('PATCH', `/v1/receivers/${receiver.id}`, change)).toMatchObject({
      status: 200,
      body: asItIs,
    });
  }
  expect(await audit('?limit=1000')).toEqual(before);
});

test('is found by who, what, on which thing and when', async () => {
  const all = await audit('?limit=1000');
  const since = all[2]?.timeCreated ?? '';
  for (const [query, expected] of [
    ['actor=ada', all.filter(({ actor }) => actor === 'ada')],
    ['actor=(database)', all.filter(({ actor }) => actor === '(database)')],
    ['action=receiver.changed', all.filter(({ action }) => action === 'receiver.changed')],
    [`thing=${receiver.id}`, all.filter(({ thing }) => thing === receiver.id)],
    [`since=${since}`, all.filter(({ timeCreated }) => Date.parse(timeCreated) >= Date.parse(since))],
    [`until=${since}`, all.filter(({ timeCreated }) => Date.parse(timeCreated) < Date.parse(since))],
    ['actor=nobody', []],
  ] as const) {
    expect(await audit(`?limit=1000&${query}`), query).toEqual(expected);
  }
  expect((await ask('GET', '/v1/audit?action=alert.made')).status).toBe(422);
});

test('comes once in pages, newest first', async () => {
  const seen: AuditView[] = [];
  let cursor = '';
  do {
    const { items, nextCursor } = (await ask('GET', `/v1/audit?limit=4${cursor}`)).body;
    seen.push(...items);
    cursor = nextCursor === null ? '' : `&cursor=${nextCursor}`;
  } while (cursor !== '');
  expect(seen).toEqual(await audit('?limit=1000'));
});

test('never changes', async () => {
  await expect(pool().query(`UPDATE audit_entry SET actor = 'nobody'`)).rejects.toThrow(/never changed/);
});
