import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANALYSIS } from '../../src/model/analysis-workflow.ts';
import { newId } from '../../src/model/id.ts';
import { MAX_EREPORTS } from '../../src/model/limits.ts';
import { writeEreports } from '../../src/store/ereport.ts';
import { workflowStanding } from '../../src/temporal/call.ts';
import { anEreport, ereportsOf, taken } from '../support/ereports.ts';
import { checkInvariants } from '../support/invariants.ts';
import { type Reply, TestService, typeOf } from './harness.ts';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start({ worker: false });
});
afterAll(async () => {
  await checkInvariants(service.api.db.pool);
  await service.close();
});

const post = (body: unknown) => service.api.post('/v1/ereports', body);
const postLines = (...lines: unknown[]) =>
  service.api.ask('POST', '/v1/ereports', {
    body: lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
    headers: { 'content-type': 'application/x-ndjson; charset=utf-8' },
  });
const get = (path: string) => service.api.get(path);
const count = () => service.api.count('ereport');
const statusAndType = (reply: Reply) => ({ status: reply.status, type: typeOf(reply) });
const examples = Promise.all(
  ['psu-remove', 'psu-insert'].map(async (name) =>
    JSON.parse(await readFile(new URL(`../../examples/ereports/${name}.json`, import.meta.url), 'utf8')),
  ),
);

describe('ereports', () => {
  test('are taken one at a time, as machines send them, and read back', async () => {
    const [removed] = await examples;
    const reply = await post(removed);
    expect({ status: reply.status, body: reply.body }).toEqual({
      status: 200,
      body: { new: 1, known: 0, refused: 0, faults: [] },
    });
    const read = await get(`/v1/ereports/${removed.restartId}/${removed.ena}`);
    expect(read.body).toEqual({
      ...removed,
      class: 'hw.remove.psu',
      serialNumber: 'BRM45220004',
      partNumber: '913-0000003',
      timeCollected: '2026-11-20T08:10:27.512000Z',
      markedSeenIn: null,
      setAside: null,
    });
  });

  test('[I41] are known when they come again, also within a batch', async () => {
    const [removed, inserted] = await examples;
    await post(removed);
    expect((await post([removed, inserted, inserted])).body).toEqual({
      new: 1,
      known: 2,
      refused: 0,
      faults: [],
    });
  });

  test('that were read may be sent again', async () => {
    const sent = anEreport();
    await post(sent);
    const { body } = await get(`/v1/ereports/${sent.restartId}/${sent.ena}`);
    expect((await post(body)).body).toMatchObject({ known: 1 });
  });

  test('come as NDJSON, too', async () => {
    const [first, second, third] = ereportsOf(newId(), 3);
    const reply = await postLines(first, '', second, '{', third, third);
    expect(reply.body).toEqual({
      new: 3,
      known: 1,
      refused: 1,
      faults: [{ line: 4, pointer: '', detail: expect.stringMatching(/^The line is not JSON/) }],
    });
  });

  test('that are good are written though others of their batch are refused, each named by its place', async () => {
    const [first, second] = ereportsOf(newId(), 2);
    const reply = await post([first, { ...second, ena: '-1', extra: 1 }, 7, second]);
    expect({ status: reply.status, body: reply.body }).toEqual({
      status: 200,
      body: {
        new: 2,
        known: 0,
        refused: 2,
        faults: [
          {
            index: 1,
            pointer: '/ena',
            detail: 'must be an unsigned 64-bit number as a string, 0x… or decimal',
          },
          { index: 1, pointer: '/extra', detail: 'is not a known field' },
          { index: 2, pointer: '', detail: 'must be an object' },
        ],
      },
    });
  });

  test('keep whatever names their bodies have', async () => {
    const { restartId, ...sent } = anEreport();
    const body = '{"__proto__": {"a": 1}, "constructor": null, "": 0}';
    const text = JSON.stringify({ restartId, ...sent, body: 0 }).replace('"body":0', `"body":${body}`);
    expect((await post(text)).body).toMatchObject({ new: 1 });
    const read = await get(`/v1/ereports/${restartId}/1`);
    expect(new Map(Object.entries(read.body.body))).toEqual(
      new Map<string, unknown>([
        ['__proto__', { a: 1 }],
        ['constructor', null],
        ['', 0],
      ]),
    );
  });

  test('may be none', async () => {
    const nothing = { status: 200, body: { new: 0, known: 0, refused: 0, faults: [] } };
    for (const reply of [await post([]), await postLines('')]) expect(reply).toMatchObject(nothing);
  });

  test('are taken up to a number', async () => {
    const before = await count();
    const sent = ereportsOf(newId(), MAX_EREPORTS + 1);
    for (const reply of [await post(sent), await postLines(...sent)]) {
      expect(statusAndType(reply)).toEqual({ status: 413, type: 'body-too-large' });
    }
    expect(await count()).toBe(before);
    expect((await post(sent.slice(1))).body).toMatchObject({ new: MAX_EREPORTS, refused: 0 });
  }, 60_000);
});

const NDJSON = 'application/x-ndjson';
const good = () => JSON.stringify(anEreport());

describe('what is bad is refused, and leaves nothing:', () => {
  test.each<[string, string, string, number, string, object?]>([
    ['nothing as JSON', '', 'application/json', 400, 'malformed-json'],
    ['half of JSON', '[{}', 'application/json', 400, 'malformed-json'],
    ['two documents as one', good() + good(), 'application/json', 400, 'malformed-json'],
    ['lines as JSON', `${good()}\n${good()}`, 'application/json', 400, 'malformed-json'],
    ['null', 'null', 'application/json', 422, 'invalid-ereports', { index: 0, pointer: '' }],
    ['a list of lists', '[[]]', 'application/json', 422, 'invalid-ereports', { index: 0, pointer: '' }],
    ['a list as a line', '[]', NDJSON, 422, 'invalid-ereports', { line: 1, pointer: '' }],
    ['no JSON as a line', '\n]', NDJSON, 422, 'invalid-ereports', { line: 2, pointer: '' }],
    [
      'an empty object',
      '{}',
      'application/json',
      422,
      'invalid-ereports',
      { index: 0, pointer: '/restartId' },
    ],
    [
      'a number that no double holds',
      JSON.stringify(anEreport()).replace('"test.happened"', '[0,9007199254740993]'),
      'application/json',
      422,
      'invalid-ereports',
      { index: 0, pointer: '/body/k/1' },
    ],
    [
      'a name twice',
      `[${JSON.stringify(anEreport()).replace('"ena"', '"ena":"2","ena"')}]`,
      'application/json',
      422,
      'invalid-ereports',
      { index: 0, pointer: '/ena' },
    ],
    [
      'a body too deep',
      JSON.stringify(anEreport()).replace('"test.happened"', '['.repeat(50_000) + ']'.repeat(50_000)),
      'application/json',
      422,
      'invalid-ereports',
      { index: 0 },
    ],
    ['a text', good(), 'text/plain', 415, 'unsupported-media-type'],
    ['lines under another name', good(), 'application/jsonl', 415, 'unsupported-media-type'],
    ['what is compressed', good(), 'application/x-ndjson+gzip', 415, 'unsupported-media-type'],
  ])('[I32] %s', async (_, body, type, status, problem, fault = undefined) => {
    const before = await count();
    const reply = await service.api.ask('POST', '/v1/ereports', { body, headers: { 'content-type': type } });
    expect(statusAndType(reply)).toEqual({ status, type: problem });
    if (fault) {
      expect(reply.body).toMatchObject({ new: 0, known: 0, refused: 1 });
      expect(reply.body.faults[0]).toMatchObject(fault);
    }
    expect(await count()).toBe(before);
  });

  test('[I32] countless short values, before they are parsed', async () => {
    const reply = await postLines(`[${'{},'.repeat(5_000_000)}{}]`);
    expect(statusAndType(reply)).toEqual({ status: 413, type: 'body-too-large' });
  });

  test('[I32] of 10,000 that are refused 100 are told', async () => {
    const reply = await post(Array.from({ length: MAX_EREPORTS }, () => ({})));
    expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-ereports' });
    expect(reply.body).toMatchObject({ refused: MAX_EREPORTS });
    expect(reply.body.faults).toHaveLength(100);
  });

  test('sitreps as NDJSON', async () => {
    const reply = await service.api.ask('POST', '/v1/sitreps', {
      body: '{}',
      headers: { 'content-type': NDJSON },
    });
    expect(statusAndType(reply)).toEqual({ status: 415, type: 'unsupported-media-type' });
  });
});

describe('the list of ereports', () => {
  const serial = newId();
  const at = (n: number, fields: object) =>
    anEreport({ serialNumber: serial, timeCollected: `2026-10-0${n}T00:00:00Z`, ...fields });
  const list = async (query: string) => (await get(`/v1/ereports?serial=${serial}${query}`)).body;
  const classes = async (query: string) =>
    (await list(query)).items.map((item: { class: string }) => item.class);
  beforeAll(async () => {
    await post([
      at(1, { class: 'hw.remove.psu' }),
      at(2, { class: 'hw.insert.psu' }),
      at(3, { class: 'sw.panic' }),
    ]);
  });

  test.each([
    ['', ['sw.panic', 'hw.insert.psu', 'hw.remove.psu']],
    ['&class=hw.*.psu', ['hw.insert.psu', 'hw.remove.psu']],
    ['&class=**&until=2026-10-02T00:00:00Z', ['hw.remove.psu']],
    ['&since=2026-10-02T01:00:00%2B01:00', ['sw.panic', 'hw.insert.psu']],
    ['&seen=false', ['sw.panic', 'hw.insert.psu', 'hw.remove.psu']],
    ['&seen=true', []],
  ])('filtered by %j', async (query, expected) => {
    expect(await classes(query)).toEqual(expected);
  });

  test('comes in pages', async () => {
    const first = await list('&limit=2');
    const second = await list(`&limit=2&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items]).toEqual((await list('')).items);
    expect(second.nextCursor).toBeNull();
  });

  const cursor = (...parts: string[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  test.each([
    ['class=hw.ps*', 'class'],
    ['class=hw..psu', 'class'],
    ['seen=maybe', 'seen'],
    ['since=yesterday', 'since'],
    ['serial=%00', 'serial'],
    ['limit=0', 'limit'],
    ['severity=high', 'severity'],
    ['cursor=x', 'cursor'],
    [`cursor=${cursor('2026-10-01T00:00:00.000000Z', newId())}`, 'cursor'],
    [`cursor=${cursor('2026-10-01T00:00:00.000000Z', newId(), 'x')}`, 'cursor'],
    [`cursor=${cursor('2026-02-31T00:00:00.000000Z', newId(), '1')}`, 'cursor'],
  ])('[I32] is not asked for with %s', async (query, parameter) => {
    const reply = await get(`/v1/ereports?${query}`);
    expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-parameter' });
    expect(reply.body.faults).toMatchObject([{ pointer: `/query/${parameter}` }]);
  });
});

test('an ereport is found by any spelling of its ENA, and not found where there is none', async () => {
  const sent = anEreport({ ena: '18446744073709551615' });
  await post(sent);
  for (const ena of ['18446744073709551615', '0xffffffffffffffff', '0XFFFFFFFFFFFFFFFF']) {
    expect((await get(`/v1/ereports/${sent.restartId.toUpperCase()}/${ena}`)).body.ena).toBe(
      '0xffffffffffffffff',
    );
  }
  expect(statusAndType(await get(`/v1/ereports/${sent.restartId}/1`))).toEqual({
    status: 404,
    type: 'not-found',
  });
  for (const path of [`${sent.restartId}/18446744073709551616`, `${sent.restartId}/x`, 'x/1']) {
    const reply = await get(`/v1/ereports/${path}`);
    expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-parameter' });
  }
});

test('ereports wake the analysis though they are known: whoever wrote them may have died before it did', async () => {
  const other = await TestService.start({ worker: false });
  const sent = anEreport();
  await writeEreports(other.api.db.pool, [taken(sent)]);
  expect((await other.api.post('/v1/ereports', sent)).body).toMatchObject({ new: 0, known: 1 });
  await expect
    .poll(() => workflowStanding(other.temporal.client, ANALYSIS), { timeout: 10_000 })
    .toBe('open');
  await other.close();
});
