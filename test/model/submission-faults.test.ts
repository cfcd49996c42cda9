import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { newRequestFaults } from '../../src/model/new-request-faults.ts';
import { readSubmission } from '../../src/model/submission.ts';
import { aCase, aChildOf, aRequest, aSitrep, type Sent, submissionOf } from '../support/document.ts';

/** Of a document all of whose requests are new, but for those that are named. */
function faultsOf(value: unknown, carried: string[] = []) {
  const read = readSubmission(value);
  if ('faults' in read) return read.faults;
  return newRequestFaults(read.submission.input.cases, ({ id }) => carried.includes(id));
}
const pointersOf = (value: unknown) => faultsOf(value).map(({ pointer }) => pointer);

function sentWith(change: object): Sent {
  return aSitrep({ cases: [aCase(), { ...aCase(), ...change }] });
}
function asking(...changes: object[]): Sent {
  return sentWith({ alertRequests: changes.map((change) => ({ ...aRequest(), ...change })) });
}
const asked = (payload: unknown) => asking({ payload });

describe('a document is valid', () => {
  test('without any cases, and without a parent', () => {
    expect(faultsOf(aSitrep({ cases: [], parentId: null }))).toEqual([]);
  });

  test('with one ereport in two cases, and with two ENAs of one restart in one', () => {
    const [restartId, ena] = [newId(), '0x1'];
    const cases = [
      aCase({ ereports: [{ restartId, ena }] }),
      aCase({
        ereports: [
          { restartId, ena },
          { restartId, ena: '0x2' },
          { restartId: newId(), ena },
        ],
      }),
    ];
    expect(faultsOf(aSitrep({ cases }))).toEqual([]);
  });

  test('with one id for a sitrep, a case and a request: each kind has its own', () => {
    const id = newId();
    expect(faultsOf(aSitrep({ id, cases: [aCase({ id, alertRequests: [aRequest({ id })] })] }))).toEqual([]);
  });
});

describe('a document has a fault', () => {
  test.each<[string, unknown, string]>([
    ['that is a list', [], ''],
    ['with an unknown field', { ...aSitrep(), 'a/b~c': 1 }, '/a~1b~0c'],
    ['without a parent', { ...aSitrep(), parentId: undefined }, '/parentId'],
    ['without a creator', aSitrep({ creator: '' }), '/creator'],
    ['with NUL in a text', aSitrep({ comment: '\u0000' }), '/comment'],
    ['with an unknown field in a case', sentWith({ colour: 'red' }), '/cases/1/colour'],
    ['with a case without an engine', sentWith({ engine: '' }), '/cases/1/engine'],
    [
      'with an ENA that is a number',
      sentWith({ ereports: [{ restartId: newId(), ena: 1 }] }),
      '/cases/1/ereports/0/ena',
    ],
    ['with a claim that is no id', sentWith({ createdSitrepId: 'v1' }), '/cases/1/createdSitrepId'],
    ['with an unknown class', asking({}, { class: 'test.nothing' }), '/cases/1/alertRequests/1/class'],
    ['with a class called as a method is', asking({ class: 'toString' }), '/cases/1/alertRequests/0/class'],
    ['with a class called __proto__', asking({ class: '__proto__' }), '/cases/1/alertRequests/0/class'],
    ['with an unknown version', asking({ version: 1 }), '/cases/1/alertRequests/0/version'],
    ['with a negative version', asking({ version: -1 }), '/cases/1/alertRequests/0/version'],
    ['with a payload that is a list', asked([]), '/cases/1/alertRequests/0/payload'],
    [
      'with NUL in a payload',
      asked({ a: ['', { 'b/': '\u0000' }] }),
      '/cases/1/alertRequests/0/payload/a/1/b~1',
    ],
    [
      'with a lone surrogate in a key of a payload',
      asked({ a: { '\ud800': 1 } }),
      '/cases/1/alertRequests/0/payload/a',
    ],
    ['with infinity in a payload', asked({ a: Infinity }), '/cases/1/alertRequests/0/payload/a'],
    [
      'with a payload against the schema of its class',
      asking({ class: 'hardware.power_shelf.psu.insert', payload: psuEvent({ slot: 6 }) }),
      '/cases/1/alertRequests/0/payload/psu/slot',
    ],
    [
      'with an unknown field in a payload of a schema',
      asking({ class: 'hardware.power_shelf.psu.remove', payload: psuEvent({ colour: 'red' }) }),
      '/cases/1/alertRequests/0/payload/psu/colour',
    ],
  ])('%s', (_, value, pointer) => {
    expect(pointersOf(value)).toEqual([pointer]);
  });

  test.each([
    ['as it is', (id: string) => id],
    ['in upper case', (id: string) => id.toUpperCase()],
  ])('that is its own parent, %s', (_, spell) => {
    const id = newId();
    expect(faultsOf(aSitrep({ id, parentId: spell(id) }))).toEqual([
      { pointer: '/parentId', detail: 'must not be the id of the sitrep itself' },
    ]);
  });

  test('with two cases of one id', () => {
    const id = newId();
    const sent = aSitrep({ cases: [aCase({ id }), aCase(), aCase({ id: id.toUpperCase() })] });
    expect(faultsOf(sent)).toEqual([
      { pointer: '/cases/2/id', detail: `is the id of another case too: ${id}` },
    ]);
  });

  test('with two requests of one id, in one case or in two', () => {
    const request = aRequest();
    const same = { ...request, id: request.id.toUpperCase() };
    expect(pointersOf(asking(request, {}, same))).toEqual(['/cases/1/alertRequests/2/id']);
    const cases = [aCase({ alertRequests: [request] }), aCase({ alertRequests: [same] })];
    expect(faultsOf(aSitrep({ cases }))).toEqual([
      { pointer: '/cases/1/alertRequests/0/id', detail: `is the id of another request too: ${request.id}` },
    ]);
  });

  test('with an ereport twice in one case, however it is spelled', () => {
    const restartId = newId();
    const ereports = [
      { restartId, ena: '0x1f' },
      { restartId: restartId.toUpperCase(), ena: '31', comment: 'again' },
    ];
    expect(faultsOf(sentWith({ ereports }))).toEqual([
      { pointer: '/cases/1/ereports/1', detail: `is in this case already: ${restartId} 0x1f` },
    ]);
  });

  test('once for each thing that is wrong', () => {
    const sent = { ...aSitrep({ creator: '' }), cases: [{ id: 'x' }, aCase({ closed: 'no' as never })] };
    expect(pointersOf(sent)).toEqual(['/creator', '/cases/0/id', '/cases/0/engine', '/cases/1/closed']);
  });

  test('[I32] a hundred times at most', () => {
    expect(faultsOf(aSitrep({ cases: Array(250).fill({}) }))).toHaveLength(100);
    expect(faultsOf(asking(...Array(250).fill({ class: 'x' })))).toHaveLength(100);
    expect(faultsOf(asked({ list: Array(250).fill('\u0000') }))).toHaveLength(100);
  });
});

describe('a carried request', () => {
  const [left, narrowed, fresh] = [
    aRequest({ class: 'test.gone' }),
    aRequest({ class: 'hardware.power_shelf.psu.insert', payload: { as: 'it was' } }),
    aRequest({ class: 'test.gone' }),
  ];
  const carried = [left.id, narrowed.id];

  test('is not held against the classes that there are now, as the new ones beside it are', () => {
    expect(faultsOf(asking(left, narrowed), carried)).toEqual([]);
    expect(faultsOf(asking(left, fresh, narrowed), carried)).toEqual([
      { pointer: '/cases/1/alertRequests/1/class', detail: 'is not a known alert class: test.gone' },
    ]);
  });

  test('[I32] is bounded all the same', () => {
    const { id } = left;
    expect(faultsOf(asking({ id, payload: { a: '\u0000' } }), carried)).toMatchObject([
      { pointer: '/cases/1/alertRequests/0/payload/a' },
    ]);
  });
});

describe('a document is bounded', () => {
  const levels = (count: number): JsonObject => (count === 1 ? {} : { a: levels(count - 1) });
  const lists = (count: number): JsonObject => ({
    a: JSON.parse(`${'['.repeat(count - 1)}${']'.repeat(count - 1)}`),
  });

  test.each<[string, (size: number) => unknown, number, string]>([
    ['characters of its creator', (size) => aSitrep({ creator: 'ü'.repeat(size) }), 200, '/creator'],
    ['characters of its comment', (size) => aSitrep({ comment: 'ü'.repeat(size) }), 10_000, '/comment'],
    ['characters of an engine', (size) => sentWith({ engine: 'x'.repeat(size) }), 200, '/cases/1/engine'],
    [
      'characters of a comment in a case',
      (size) => sentWith({ comment: 'x'.repeat(size) }),
      10_000,
      '/cases/1/comment',
    ],
    [
      'characters of a comment on an ereport',
      (size) => sentWith({ ereports: [{ restartId: newId(), ena: '0', comment: 'x'.repeat(size) }] }),
      10_000,
      '/cases/1/ereports/0/comment',
    ],
    [
      'characters of a comment on a request',
      (size) => asking({ comment: 'x'.repeat(size) }),
      10_000,
      '/cases/1/alertRequests/0/comment',
    ],
    // `{"a":"` and `"}` are 8 bytes.
    [
      'bytes of a payload',
      (size) => asked({ a: 'x'.repeat(size - 8) }),
      65_536,
      '/cases/1/alertRequests/0/payload',
    ],
    [
      'bytes of a payload of other than ASCII',
      (size) => asked({ a: `${'x'.repeat(size % 2)}${'ü'.repeat((size - 8) >> 1)}` }),
      65_536,
      '/cases/1/alertRequests/0/payload',
    ],
    [
      'bytes of a payload with its escapes',
      (size) => asked({ a: `${'x'.repeat(size % 2)}${'\n'.repeat((size - 8) >> 1)}` }),
      65_536,
      '/cases/1/alertRequests/0/payload',
    ],
    [
      'levels of objects in a payload',
      (size) => asked(levels(size)),
      32,
      `/cases/1/alertRequests/0/payload${'/a'.repeat(32)}`,
    ],
    [
      'levels of lists in a payload',
      (size) => asked(lists(size)),
      32,
      `/cases/1/alertRequests/0/payload/a${'/0'.repeat(31)}`,
    ],
  ])('in %s', (_, sized, limit, pointer) => {
    expect(faultsOf(sized(limit))).toEqual([]);
    expect(pointersOf(sized(limit + 1))).toEqual([pointer]);
  });

  test('[I32] in levels where they are checked, and nowhere else', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(pointersOf(asked({ a: deep }))).toEqual([`/cases/1/alertRequests/0/payload/a${'/0'.repeat(31)}`]);
    expect(faultsOf({ ...aSitrep(), rendezvous: deep })).toEqual([]);
  });
});

test('[I32] any JSON in the place of any field is valid, or has a fault at that field', () => {
  const sent = aChildOf(aSitrep());
  const fields = Object.keys(sent);
  fc.assert(
    fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
      const read = readSubmission({ ...sent, [field]: value });
      if (!('faults' in read)) return;
      expect(read.faults).not.toEqual([]);
      for (const { pointer } of read.faults) expect(pointer).toMatch(new RegExp(`^/${field}(/|$)`));
    }),
  );
});

test('[I32] a payload of a test class is any JSON object, and is kept as it is', () => {
  const anyPayload = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(anyPayload, (payload) => {
      const { document } = submissionOf(asked(payload));
      expect(JSON.stringify(document.cases.flatMap((one) => one.alertRequests)[0]?.payload)).toBe(
        JSON.stringify(payload),
      );
    }),
  );
});

function psuEvent(psu: object): object {
  return {
    rackId: newId(),
    powerShelf: { shelf: 0, baseboard: null },
    psu: { slot: 0, identity: null, ...psu },
    time: '2026-11-20T08:10:27Z',
  };
}
