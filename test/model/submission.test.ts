import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { canonicalForm, digestOf } from '../../src/model/submission.ts';
import { idOf } from '../cli/views.ts';
import { aCase, aRequest, aSitrep, type Sent, submissionOf } from '../support/document.ts';

type Case = Sent['cases'][number];

const PAYLOAD = { n: 0, list: [1, 2], deep: { a: null, b: true } };
const EREPORTS = [
  { restartId: idOf(0xa), ena: '0x2', comment: 'first' },
  { restartId: idOf(0xa), ena: '0x10', comment: '' },
  { restartId: idOf(0xb), ena: '0x1', comment: '' },
];
const REQUESTS = [
  aRequest({ id: idOf(0xc), payload: PAYLOAD }),
  aRequest({ id: idOf(0xd), class: 'test.foo.bar', comment: 'why' }),
];
const OPEN = aCase({ id: idOf(0xe), ereports: EREPORTS, alertRequests: REQUESTS, comment: 'open' });
const SENT = aSitrep({
  id: idOf(0xf1),
  parentId: idOf(0xf0),
  comment: 'all of it',
  cases: [OPEN, aCase({ id: idOf(0xf) })],
});

function sentWith(change: Partial<Case>): Sent {
  return { ...SENT, cases: [{ ...OPEN, ...change }, ...SENT.cases.slice(1)] };
}
const digest = (sent: unknown) => submissionOf(sent as Sent).digest;

describe('the normal form of a document', () => {
  test('has ids in lower case, ENAs in hex, defaults filled in, children sorted, and nothing else', () => {
    const sent = {
      id: idOf(0xf1).toUpperCase(),
      parentId: idOf(0xf0).toUpperCase(),
      creator: 'test',
      state: 'current',
      cases: [
        { id: idOf(0xf), engine: 'test', createdSitrepId: idOf(1) },
        {
          id: idOf(0xe).toUpperCase(),
          engine: 'test',
          ereports: [
            { restartId: idOf(0xb), ena: '1' },
            { restartId: idOf(0xa).toUpperCase(), ena: '16', assignedSitrepId: null },
            { restartId: idOf(0xa), ena: '0X02', ereport: { class: 'x' } },
          ],
          alertRequests: [
            { id: idOf(0xc).toUpperCase(), class: 'test.foo', version: 0, payload: { Z: 'A' } },
          ],
        },
      ],
    };
    expect(submissionOf(sent).document).toEqual({
      id: idOf(0xf1),
      parentId: idOf(0xf0),
      creator: 'test',
      comment: '',
      cases: [
        {
          ...{ id: idOf(0xe), engine: 'test', closed: false, comment: '' },
          ereports: EREPORTS.map((ereport) => ({ ...ereport, comment: '' })),
          alertRequests: [{ id: idOf(0xc), class: 'test.foo', version: 0, payload: { Z: 'A' }, comment: '' }],
        },
        { id: idOf(0xf), engine: 'test', closed: false, comment: '', ereports: [], alertRequests: [] },
      ],
    });
  });

  test('has an id, even if none was sent', () => {
    const { id, ...anonymous } = SENT;
    const [one, other] = [submissionOf(anonymous as Sent), submissionOf(anonymous as Sent)];
    expect(one.document.id).not.toBe(other.document.id);
    expect({ ...one.document, id }).toEqual(submissionOf(SENT).document);
  });

  test('leaves what the submitter claims beside it, in the order that was sent', () => {
    const { input } = submissionOf({
      ...SENT,
      cases: [aCase({ id: idOf(2), createdSitrepId: idOf(1) }), OPEN],
    });
    expect(input.cases).toMatchObject([{ id: idOf(2), createdSitrepId: idOf(1) }, { id: OPEN.id }]);
  });

  test('read again is itself', () => {
    const { canonical, document } = submissionOf(SENT);
    expect(submissionOf(JSON.parse(canonical.toString()))).toMatchObject({ canonical, document });
  });
});

describe('the digest', () => {
  test.each<[string, unknown]>([
    ['keys in another order', withKeysTurned(SENT)],
    [
      'upper-case ids',
      JSON.parse(JSON.stringify(SENT).replaceAll(/01a1f801-\S{27}/g, (id) => id.toUpperCase())),
    ],
    [
      'another spelling of an ENA',
      sentWith({ ereports: EREPORTS.map((one) => ({ ...one, ena: `${BigInt(one.ena)}` })) }),
    ],
    [
      'fields of the service',
      { ...SENT, state: 'current', version: 7, timeCreated: 'x', rendezvous: {}, workflowId: 1 },
    ],
    ['claims of sitrep ids', sentWith({ createdSitrepId: idOf(1), closedSitrepId: null })],
    [
      'the body of an ereport',
      sentWith({ ereports: EREPORTS.map((one) => ({ ...one, ereport: { class: 'x' } })) }),
    ],
    ['-0 for 0', sentWith({ alertRequests: changed(REQUESTS, { payload: { ...PAYLOAD, n: -0 } }) })],
    [
      'defaults left out',
      JSON.parse(JSON.stringify(SENT), (_, value) => (isDefault(value) ? undefined : value)),
    ],
  ])('is the same with %s', (_, same) => {
    expect(digest(same)).toBe(digest(SENT));
  });

  test('is the same for any order of children', () => {
    const shuffled = <Item>(items: Item[]) => fc.shuffledSubarray(items, { minLength: items.length });
    const anyOrder = fc.tuple(fc.boolean(), shuffled(EREPORTS), shuffled(REQUESTS));
    fc.assert(
      fc.property(anyOrder, ([turned, ereports, alertRequests]) => {
        const { cases } = sentWith({ ereports, alertRequests });
        expect(digest({ ...SENT, cases: turned ? cases.toReversed() : cases })).toBe(digest(SENT));
      }),
    );
  });

  test.each<[string, Partial<Sent>]>([
    ['id', { id: idOf(3) }],
    ['parent', { parentId: null }],
    ['creator', { creator: 'Test' }],
    ['comment', { comment: 'all of it ' }],
    ['number of cases', { cases: [OPEN] }],
    ['case id', sentWith({ id: idOf(3) })],
    ['engine', sentWith({ engine: 'other' })],
    ['closed', sentWith({ closed: true })],
    ['comment of a case', sentWith({ comment: '' })],
    ['number of ereports', sentWith({ ereports: EREPORTS.slice(1) })],
    ['restart id', sentWith({ ereports: changed(EREPORTS, { restartId: idOf(3) }) })],
    ['ENA', sentWith({ ereports: changed(EREPORTS, { ena: '0x3' }) })],
    ['comment of an ereport', sentWith({ ereports: changed(EREPORTS, { comment: 'second' }) })],
    ['number of requests', sentWith({ alertRequests: REQUESTS.slice(1) })],
    ['request id', sentWith({ alertRequests: changed(REQUESTS, { id: idOf(3) }) })],
    ['class', sentWith({ alertRequests: changed(REQUESTS, { class: 'test.quux.bar' }) })],
    ['comment of a request', sentWith({ alertRequests: changed(REQUESTS, { comment: 'x' }) })],
    ['payload', sentWith({ alertRequests: changed(REQUESTS, { payload: {} }) })],
    [
      'case of a request',
      { cases: [{ ...OPEN, alertRequests: [] }, aCase({ id: idOf(0xf), alertRequests: REQUESTS })] },
    ],
  ])('is another with another %s', (_, change) => {
    expect(digest({ ...SENT, ...change })).not.toBe(digest(SENT));
  });

  test('is the same for two payloads exactly if they are the same JSON', () => {
    const anyPayload = fc.letrec<{ json: Json; object: JsonObject }>((tie) => ({
      json: fc.oneof(
        fc.constantFrom(0, -0, 1, '1', '', null, true),
        fc.array(tie('json'), { maxLength: 2 }),
        tie('object'),
      ),
      object: fc.dictionary(fc.constantFrom('a', 'b', '0', '__proto__'), tie('json'), { maxKeys: 2 }),
    })).object;
    const withPayload = (payload: JsonObject) =>
      digest(sentWith({ alertRequests: [aRequest({ id: idOf(4), payload })] }));
    fc.assert(
      fc.property(anyPayload, anyPayload, (one, other) => {
        expect(withPayload(withKeysTurned(one))).toBe(withPayload(one));
        expect(withPayload(one) === withPayload(other)).toBe(isSameJson(one, other));
      }),
    );
  });

  test('is SHA-256 in hex', () => {
    // The example of FIPS 180-4 for "abc".
    expect(digestOf(Buffer.from('abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});

describe('the canonical form, as RFC 8785 has it', () => {
  const canonicalPayload = (payload: JsonObject) => {
    const { document } = submissionOf(sentWith({ alertRequests: [aRequest({ payload })] }));
    return canonicalForm(document).toString();
  };

  test('writes values as in its section 3.2.2', () => {
    const payload = JSON.parse(
      String.raw`{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]}`,
    );
    expect(canonicalPayload(payload)).toContain(
      `"payload":{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
        String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  test('sorts keys by UTF-16 units, as in its section 3.2.3', () => {
    const keys = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6'];
    const canonical = canonicalPayload(Object.fromEntries(keys.map((key) => [key, 0])));
    const order = ['\\r', '1', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33'];
    expect(canonical).toContain(`"payload":{${order.map((key) => `"${key}":0`).join(',')}}`);
  });

  test('sorts the keys of the document too, and has no white space', () => {
    expect(submissionOf(aSitrep({ id: idOf(1), cases: [] })).canonical.toString()).toBe(
      `{"cases":[],"comment":"","creator":"test","id":"${idOf(1)}","parentId":null}`,
    );
  });

  test('is that of the whole document, though it is written a case at a time', () => {
    const { document, canonical } = submissionOf(
      aSitrep({ cases: [aCase({ comment: '€' }), aCase(), OPEN] }),
    );
    expect(canonical.toString()).toBe(canonicalize(document));
  });
});

function isDefault(value: unknown): boolean {
  return ['false', '""', '[]'].includes(JSON.stringify(value));
}

/** The list, with a change in its first item. */
function changed<Item>([first, ...rest]: Item[], change: Partial<Item>): Item[] {
  return [{ ...first, ...change } as Item, ...rest];
}

/** The same JSON with the keys of each object in another order. */
function withKeysTurned<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withKeysTurned) as Value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withKeysTurned(inner)]);
  return Object.fromEntries(entries.toReversed());
}

/** Looks at -0 and 0 as one number, which they are in JSON's canonical form. */
function isSameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const keys = Object.keys(a);
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSameJson(Reflect.get(a, key), Reflect.get(b, key)))
  );
}
