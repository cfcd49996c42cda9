import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { DEFAULT_RETRY_DELAYS } from '../../src/model/receiver.ts';
import { checkInvariants } from '../support/invariants.ts';
import { dispatchAll, makeAlerts } from '../support/receivers.ts';
import { type Reply, TestService, typeOf } from './harness.ts';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start({ worker: false });
});
afterAll(async () => {
  await checkInvariants(service.api.db.pool);
  await service.close();
});

const ENDPOINT = 'http://127.0.0.1:9/hook';
let made = 0;
const sound = (fields: object = {}) => ({ name: `r${made++}`, endpoint: ENDPOINT, ...fields });
const post = (path: string, body: unknown) => service.api.post(path, body);
const get = (path: string) => service.api.get(path);
const remove = (id: string) => service.api.ask('DELETE', `/v1/receivers/${id}`);
const patch = (id: string, body: unknown) =>
  service.api.ask('PATCH', `/v1/receivers/${id}`, { body, headers: { 'content-type': 'application/json' } });
const make = async (fields: object = {}) => (await post('/v1/receivers', sound(fields))).body;
const statusAndType = (reply: Reply) => ({ status: reply.status, type: typeOf(reply) });
const NOT_FOUND = { status: 404, type: 'not-found' };
const MICROSECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

test('[I32] a name that no text can be is refused where receivers are listed', async () => {
  const reply = await get('/v1/receivers?name=a%00');
  expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-parameter' });
  expect(reply.body.faults).toMatchObject([{ pointer: '/query/name' }]);
});

describe('a new receiver', () => {
  test('is answered with its secret, this once', async () => {
    const reply = await post(
      '/v1/receivers',
      sound({ description: '☃', subscriptions: ['test.*', 'test.*'] }),
    );
    expect(reply.status).toBe(201);
    const { secret, ...receiver } = reply.body;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(reply.headers.location).toBe(`/v1/receivers/${receiver.id}`);
    expect(receiver).toEqual({
      id: expect.any(String),
      name: expect.any(String),
      endpoint: ENDPOINT,
      description: '☃',
      enabled: true,
      disabledBecause: null,
      timeDisabled: null,
      failingSince: null,
      subscriptions: ['test.*'],
      retryDelays: [...DEFAULT_RETRY_DELAYS],
      timeCreated: expect.stringMatching(MICROSECONDS),
      timeModified: expect.stringMatching(MICROSECONDS),
      pending: 0,
      workflowId: `receiver:${receiver.id}`,
    });
    const read = await get(`/v1/receivers/${receiver.id.toUpperCase()}`);
    expect(read.body).toEqual(receiver);
    expect((await get(`/v1/receivers?name=${receiver.name}`)).body.items).toEqual([receiver]);
  });

  test('may begin disabled', async () => {
    expect(await make({ enabled: false })).toMatchObject({
      enabled: false,
      disabledBecause: 'operator',
      timeDisabled: expect.stringMatching(MICROSECONDS),
    });
  });

  test('needs a name of its own', async () => {
    const { name } = await make();
    const reply = await post('/v1/receivers', { name, endpoint: ENDPOINT });
    expect(statusAndType(reply)).toEqual({ status: 409, type: 'receiver-name-taken' });
    const other = await make();
    expect(statusAndType(await patch(other.id, { name }))).toEqual({
      status: 409,
      type: 'receiver-name-taken',
    });
    expect((await patch(other.id, { name: other.name })).status).toBe(200);
  });

  test.each([
    ['http://10.0.0.1/', '10.0.0.1'],
    ['http://169.254.169.254/latest/meta-data/', '169.254.169.254'],
    ['http://[::1]:7480/', '::1'],
    ['http://[::ffff:10.0.0.1]/', '::ffff:a00:1'],
    ['http://0xA000001/', '10.0.0.1'],
    ['http://[fd00:ec2::254]/', 'fd00:ec2::254'],
  ])('may not be at %s, when it is made or changed', async (endpoint, address) => {
    const faults = [
      { pointer: '/endpoint', detail: `leads to ${address}, which deliveries may not be sent to` },
    ];
    const created = await post('/v1/receivers', sound({ endpoint }));
    expect(statusAndType(created)).toEqual({ status: 422, type: 'invalid-body' });
    expect(created.body.faults).toEqual(faults);
    const { id } = await make();
    expect((await patch(id, { endpoint })).body.faults).toEqual(faults);
    expect((await get(`/v1/receivers/${id}`)).body.endpoint).toBe(ENDPOINT);
  });

  test('has each fault named', async () => {
    const body = {
      name: 'A',
      endpoint: 'ftp://x',
      subscriptions: ['**', 'a.*_b'],
      retryDelays: [],
      secret: 's',
    };
    const reply = await post('/v1/receivers', body);
    expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-body' });
    expect(reply.body.faults.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(
      ['/endpoint', '/name', '/retryDelays', '/secret', '/subscriptions/1'].sort(),
    );
  });

  test.each([
    ['', 400, 'malformed-json'],
    ['{', 400, 'malformed-json'],
    ['[]', 422, 'invalid-body'],
    ['null', 422, 'invalid-body'],
    ['{"name":"a","name":"b"}', 422, 'invalid-body'],
    ['{"name":"x","endpoint":"http://a/\\u0000"}', 422, 'invalid-body'],
  ])('[I32] as %j is refused', async (body, status, type) => {
    const count = await service.api.count('receiver');
    const reply = statusAndType(await post('/v1/receivers', body));
    expect({ body, ...reply }).toEqual({ body, status, type });
    expect(await service.api.count('receiver')).toBe(count);
  });
});

describe('a change', () => {
  test('changes what it names, and nothing else', async () => {
    const { secret: _, ...before } = await make({ description: 'old', subscriptions: ['test.**'] });
    const reply = await patch(before.id, { description: 'new', retryDelays: [0, 1] });
    expect(reply.body).toEqual({
      ...before,
      description: 'new',
      retryDelays: [0, 1],
      timeModified: expect.any(String),
    });
    expect((await patch(before.id, {})).status).toBe(200);
  });

  test('that disables skips what is pending, and says so; one that enables makes it well', async () => {
    const { id } = await make({ subscriptions: ['test.**'] });
    const { pool } = service.api.db;
    await makeAlerts(pool, 2);
    await dispatchAll(pool);
    expect((await get(`/v1/receivers/${id}`)).body.pending).toBe(2);
    expect((await patch(id, { enabled: false })).body).toMatchObject({
      enabled: false,
      disabledBecause: 'operator',
      pending: 0,
    });
    const { items } = (await get(`/v1/deliveries?receiverId=${id}&state=skipped`)).body;
    expect(items).toHaveLength(2);
    expect(items[0]).toMatchObject({ skippedBecause: 'receiver-disabled', timeDue: null });
    expect((await patch(id, { enabled: true })).body).toMatchObject({
      enabled: true,
      disabledBecause: null,
      timeDisabled: null,
    });
  });

  test('to other subscriptions replaces all', async () => {
    const { id } = await make({ subscriptions: ['test.*', 'test.foo'] });
    const { body } = await patch(id, { subscriptions: ['hardware.**', 'test.foo'] });
    expect(body.subscriptions).toEqual(['hardware.**', 'test.foo']);
  });
});

describe('a subscription', () => {
  const pathOf = (id: string) => `/v1/receivers/${id}/subscriptions`;
  const subscribe = (id: string, subscription: unknown) => post(pathOf(id), { subscription });
  const unsubscribe = (id: string, pattern: string) =>
    service.api.ask('DELETE', `${pathOf(id)}/${encodeURIComponent(pattern)}`);
  const listed = async (id: string) =>
    (await get(pathOf(id))).body.items.map((item: { subscription: string }) => item.subscription);
  const CLASSES = ['test.foo', 'test.foo.bar', 'test.foo.baz', 'test.quux.bar', 'test.quux.bar.baz'];

  test('is added once, however often it is asked for', async () => {
    const { id } = await make({ subscriptions: ['test.*'] });
    const replies = [];
    for (let n = 0; n < 3; n++) replies.push(await subscribe(id, 'hardware.**'));
    expect(replies.map(({ status }) => status)).toEqual([201, 200, 200]);
    for (const { body } of replies) expect(body).toEqual({ subscription: 'hardware.**' });
    expect(await listed(id)).toEqual(['hardware.**', 'test.*']);
  });

  test('is taken away once', async () => {
    const { id } = await make({ subscriptions: ['test.*', '**'] });
    expect((await unsubscribe(id, '**')).status).toBe(204);
    const again = await unsubscribe(id, '**');
    expect(statusAndType(again)).toEqual(NOT_FOUND);
    expect(again.body.detail).toContain('is not subscribed to **');
    expect(await listed(id)).toEqual(['test.*']);
  });

  test('that is taken away takes nothing from another that covers the same', async () => {
    const { id } = await make({ subscriptions: ['test.**', 'test.foo', 'test.*'] });
    await unsubscribe(id, 'test.**');
    await unsubscribe(id, 'test.foo');
    const { pool } = service.api.db;
    await makeAlerts(pool, 1, 'test.foo');
    await dispatchAll(pool);
    expect((await get(`/v1/deliveries?receiverId=${id}`)).body.items).toHaveLength(1);
  });

  test('is lost by none of those who add and take away at once', async () => {
    const { id } = await make({ subscriptions: ['**', 'test.**'] });
    const replies = await Promise.all([
      ...CLASSES.flatMap((pattern) => [subscribe(id, pattern), subscribe(id, pattern)]),
      unsubscribe(id, '**'),
      unsubscribe(id, '**'),
      patch(id, { description: 'meanwhile' }),
    ]);
    expect(replies.map(({ status }) => status).sort()).toEqual([
      ...[200, 200, 200, 200, 200, 200],
      ...[201, 201, 201, 201, 201],
      ...[204, 404],
    ]);
    expect(await listed(id)).toEqual(['test.**', ...CLASSES].sort());
  });

  test('is refused beyond a hundred, also to many at once', async () => {
    const globs = Array.from({ length: 97 }, (_, n) => `made_up.n${n}.*`);
    const { id } = await make({ subscriptions: globs });
    const replies = await Promise.all(CLASSES.map((pattern) => subscribe(id, pattern)));
    const refused = replies.filter(({ status }) => status !== 201);
    expect(refused.map(statusAndType)).toEqual(Array(2).fill({ status: 422, type: 'invalid-body' }));
    expect(refused[0]?.body.faults).toEqual([
      { pointer: '/subscription', detail: 'is one too many: a receiver has at most 100' },
    ]);
    expect(await listed(id)).toHaveLength(100);
    expect((await subscribe(id, globs[0])).status).toBe(200);
  });

  test.each(['a.*_b', '', 'test.', 'no.such.class', 'Test.*', '***', null, 1, ['**']])(
    'to %j is refused',
    async (pattern) => {
      const { id } = await make({ subscriptions: ['test.*'] });
      const reply = await subscribe(id, pattern);
      expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-body' });
      expect(reply.body.faults).toMatchObject([{ pointer: '/subscription' }]);
      expect(await listed(id)).toEqual(['test.*']);
    },
  );

  test('to a class that is no more can still be taken away', async () => {
    const { id } = await make();
    await service.api.db.pool.query(
      `INSERT INTO receiver_subscription VALUES ($1, 'test.gone', '^test\\.gone$')`,
      [id],
    );
    expect((await unsubscribe(id, 'test.gone')).status).toBe(204);
  });

  test.each(['', '\0', 'a/b', '..', 'x'.repeat(201)])('[I32] named %j is none', async (pattern) => {
    const { id } = await make();
    const reply = await unsubscribe(id, pattern);
    expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-parameter' });
    expect(reply.body.faults).toMatchObject([{ pointer: '/path/subscription' }]);
  });
});

describe('secrets', () => {
  test('are listed without what is secret in them, newest first', async () => {
    const { id, secret } = await make();
    const rotated = await post(`/v1/receivers/${id}/secrets`, {});
    expect(rotated.status).toBe(201);
    expect(rotated.body).toMatchObject({ secret: expect.stringMatching(/^whsec_/), timeExpires: null });
    expect(rotated.body.secret).not.toBe(secret);
    const { items } = (await get(`/v1/receivers/${id}/secrets`)).body;
    expect(items).toHaveLength(2);
    expect(Object.keys(items[0]).sort()).toEqual(['id', 'timeCreated', 'timeExpires']);
    expect(items[0].id).toBe(rotated.body.id);
    // A day, unless something else is asked for.
    const seconds = (Date.parse(items[1].timeExpires) - Date.parse(items[0].timeCreated)) / 1000;
    expect(seconds).toBeCloseTo(86_400, 0);
  });

  test('that are rotated for no time are gone at once', async () => {
    const { id } = await make();
    await post(`/v1/receivers/${id}/secrets`, { keepSeconds: 0 });
    expect((await get(`/v1/receivers/${id}/secrets`)).body.items).toHaveLength(1);
  });

  test.each([-1, 1.5, 2_592_001, '60', null])('are not kept for %j s', async (keepSeconds) => {
    const { id } = await make();
    const reply = await post(`/v1/receivers/${id}/secrets`, { keepSeconds });
    expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-body' });
    expect(reply.body.faults).toMatchObject([{ pointer: '/keepSeconds' }]);
  });
});

test('a receiver is deleted once, and then is gone with all that belongs to it', async () => {
  const { id } = await make();
  const replies = await Promise.all(Array.from({ length: 6 }, () => remove(id)));
  expect(replies.map(({ status }) => status).sort()).toEqual([204, 404, 404, 404, 404, 404]);
  for (const reply of [
    await get(`/v1/receivers/${id}`),
    await get(`/v1/receivers/${id}/secrets`),
    await patch(id, { enabled: true }),
    await post(`/v1/receivers/${id}/secrets`, {}),
    await get(`/v1/receivers/${id}/subscriptions`),
    await post(`/v1/receivers/${id}/subscriptions`, { subscription: '**' }),
    await service.api.ask('DELETE', `/v1/receivers/${id}/subscriptions/**`),
    await service.api.ask('POST', `/v1/receivers/${id}/probe`),
    await service.api.ask('POST', `/v1/receivers/${id}/resend?since=2026-01-01T00:00:00Z`),
  ]) {
    expect(statusAndType(reply)).toEqual(NOT_FOUND);
  }
});

test.each(['1', '%00', `${newId()}%2F`])('no receiver is named %s', async (name) => {
  for (const reply of [await get(`/v1/receivers/${name}`), await remove(name), await patch(name, {})]) {
    expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-parameter' });
    expect(reply.body.faults).toMatchObject([{ pointer: '/path/id' }]);
  }
});

test('the list has each receiver once, newest first, in pages', async () => {
  for (let n = 0; n < 3; n++) await make();
  const all = (await get('/v1/receivers?limit=1000')).body.items.map(({ id }: { id: string }) => id);
  const seen: string[] = [];
  let cursor = '';
  do {
    const { items, nextCursor } = (await get(`/v1/receivers?limit=2${cursor}`)).body;
    seen.push(...items.map(({ id }: { id: string }) => id));
    cursor = nextCursor === null ? '' : `&cursor=${nextCursor}`;
  } while (cursor !== '');
  expect(seen).toEqual(all);
});
