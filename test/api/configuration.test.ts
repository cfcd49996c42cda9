import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_CONFIGURATION } from '../../src/model/configuration.ts';
import { checkInvariants } from '../support/invariants.ts';
import { type Reply, TestService, typeOf } from './harness.ts';

let service: TestService;
beforeEach(async () => {
  service = await TestService.start({ worker: false });
});
afterEach(async () => {
  await checkInvariants(service.api.db.pool);
  await service.close();
});

const get = (path = '') => service.api.get(`/v1/configuration${path}`);
const put = (body: unknown) =>
  service.api.ask('PUT', '/v1/configuration', { body, headers: { 'content-type': 'application/json' } });
const change = (expectedVersion: number, configuration: unknown, fields: object = {}) =>
  put({ expectedVersion, author: 'karl', configuration, ...fields });
const statusAndType = (reply: Reply) => ({ status: reply.status, type: typeOf(reply) });

test('the configuration is read, set as a whole, and found in its history', async () => {
  expect((await get()).body).toMatchObject({
    version: 0,
    configuration: DEFAULT_CONFIGURATION,
    author: null,
  });
  const first = await change(0, { keepVersions: 10 }, { comment: '☃' });
  expect(first.status).toBe(200);
  expect(first.body).toMatchObject({
    version: 1,
    author: 'karl',
    comment: '☃',
    configuration: { ...DEFAULT_CONFIGURATION, keepVersions: 10 },
    unreadable: null,
  });
  expect((await get()).body).toEqual(first.body);
  // What is left out has its default, not what it was before.
  const second = await change(1, { debounceMs: 0 });
  expect(second.body.configuration).toEqual({ ...DEFAULT_CONFIGURATION, debounceMs: 0 });
  const { items } = (await get('/history')).body;
  expect(items).toMatchObject([
    { version: 2, changed: ['debounceMs', 'keepVersions'] },
    { version: 1, changed: ['keepVersions'] },
  ]);
  expect((await get('/history/1')).body).toMatchObject({
    version: 1,
    configuration: first.body.configuration,
  });
});

test('of two that follow the same version one is set, and the other told which is the newest', async () => {
  const replies = await Promise.all([change(0, { debounceMs: 1 }), change(0, { debounceMs: 2 })]);
  const lost = replies.filter(({ status }) => status !== 200);
  expect(lost.map(statusAndType)).toEqual([{ status: 409, type: 'configuration-changed' }]);
  expect(lost[0]?.body).toMatchObject({ version: 1 });
});

test('the same, sent again, is answered as the first time, and makes nothing', async () => {
  const first = await change(0, { debounceMs: 1 });
  const again = await change(0, { debounceMs: 1 });
  expect(again.body).toEqual(first.body);
  expect(await service.api.count('configuration')).toBe(1);
});

describe('a bad one', () => {
  test('changes nothing, and is refused with each fault', async () => {
    await change(0, { keepVersions: 10 });
    const reply = await change(1, {
      keepVersions: 3_000,
      colour: 'blue',
      thresholdRules: [{ name: 'x', class: '*', count: 0, withinSeconds: 1 }],
    });
    expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-body' });
    expect(reply.body.faults.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/configuration/colour',
      '/configuration/sitrepLimit',
      '/configuration/thresholdRules/0/count',
    ]);
    expect((await get()).body).toMatchObject({ version: 1, configuration: { keepVersions: 10 } });
  });

  test.each([
    ['', 400, 'malformed-json'],
    ['{', 400, 'malformed-json'],
    ['[]', 422, 'invalid-body'],
    [
      '{"expectedVersion":0,"author":"a","configuration":{"debounceMs":1,"debounceMs":2}}',
      422,
      'invalid-body',
    ],
    ['{"expectedVersion":0,"author":"\\u0000","configuration":{"debounceMs":1}}', 422, 'invalid-body'],
    ['{"expectedVersion":1e30,"author":"a","configuration":{}}', 422, 'invalid-body'],
    ['{"author":"a","configuration":{"debounceMs":1}}', 422, 'invalid-body'],
  ])('[I32] as %j is refused', async (body, status, type) => {
    expect({ body, ...statusAndType(await put(body)) }).toEqual({ body, status, type });
    expect(await service.api.count('configuration')).toBe(0);
  });
});

test.each(['0', '-1', 'v1', '01', '1e3', '9999999999', 'current'])('no version is named %s', async (name) => {
  expect(statusAndType(await get(`/history/${name}`))).toEqual({ status: 422, type: 'invalid-parameter' });
});

test('a version that was never set is not found', async () => {
  expect(statusAndType(await get('/history/999999999'))).toEqual({ status: 404, type: 'not-found' });
});

test('a version that this code cannot read leaves the service ready, which says so', async () => {
  const ready = async () => {
    const reply = await service.api.get('/readyz');
    return { status: reply.status, configuration: reply.body.checks.configuration };
  };
  await change(0, { keepVersions: 10 });
  expect(await ready()).toEqual({ status: 200, configuration: 'ready' });
  await service.api.db.pool.query(
    `INSERT INTO configuration (version, document, author, comment) VALUES (2, '{"colour": "blue"}', 'future', '')`,
  );
  expect(await ready()).toEqual({
    status: 200,
    configuration:
      'Version 2 of the configuration cannot be read (/colour is not a known field); version 1 stays in force.',
  });
  expect((await get()).body).toMatchObject({ version: 1, unreadable: { version: 2 } });
  expect((await get('/history/2')).body).toMatchObject({ configuration: { colour: 'blue' } });
  expect(statusAndType(await change(1, { keepVersions: 11 }))).toMatchObject({ status: 409 });
  expect((await change(2, { keepVersions: 11 })).body).toMatchObject({ version: 3, unreadable: null });
});
