import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJson } from '../../src/model/json.ts';

const read = (text: string) => readJson(Buffer.from(text));

describe('JSON from bytes', () => {
  test('is any JSON value, as it was written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const reading = read(text);
        expect(reading.kind).toBe('value');
        expect(JSON.stringify('value' in reading && reading.value)).toBe(text);
      }),
    );
  });

  test.each([
    ['an unknown byte', [0xff]],
    ['a character that ends too early', [0xe2, 0x82]],
    ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
    ['a character written longer than need be', [0xc0, 0xaf]],
  ])('is malformed where it is not UTF-8: %s', (_, bytes) => {
    expect(readJson(Buffer.from([0x22, ...bytes, 0x22]))).toEqual({
      kind: 'malformed',
      detail: 'The body is not UTF-8.',
    });
  });

  test('may begin with a byte order mark, as some editors write it', () => {
    expect(read('\ufeff{"a":1}')).toEqual({ kind: 'value', value: { a: 1 } });
  });

  test.each(['', ' ', 'nul', '{a:1}', "'a'", '[1,]', '{} {}', '01', '+1', '.5', '1.', 'NaN', '"\n"', '// 1'])(
    'is malformed where it is not JSON: %j',
    (text) => {
      expect(read(text)).toMatchObject({
        kind: 'malformed',
        detail: expect.stringContaining('The body is not JSON: '),
      });
    },
  );

  test('may be as deep as it likes', () => {
    const levels = 100_000;
    expect(read('['.repeat(levels) + ']'.repeat(levels)).kind).toBe('value');
    expect(read(`${'['.repeat(levels)}1e999${']'.repeat(levels)}`)).toMatchObject({
      fault: { pointer: '/0'.repeat(levels) },
    });
  });
});

describe('a name in JSON', () => {
  test.each([
    ['{"a":1,"a":1}', '/a'],
    ['{"a":1,"b":{"c":[{}],"\\u0064":2,"d":3}}', '/b/d'],
    ['[{"a":1},{"a":{"a":1},"b":"a","a":2}]', '/1/a'],
    ['{"__proto__":1,"__proto__":2}', '/__proto__'],
    ['{"":1,"":2}', '/'],
  ])('is refused where it is there twice, with where that is: %s', (text, pointer) => {
    expect(read(text)).toEqual({ kind: 'inexact', fault: { pointer, detail: 'is there twice' } });
  });

  test.each(['[{"a":1},{"a":1}]', '{"a":{"a":{"a":":a:"}}}', '{"a":"a","A":["a"]}', '{"__proto__":{"a":1}}'])(
    'may be there again in another object, or as a text: %s',
    (text) => {
      expect(read(text)).toEqual({ kind: 'value', value: JSON.parse(text) });
    },
  );
});

describe('a number in JSON', () => {
  test('is read, however it is written, if it is one that a double comes back as', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(30), (number, zeros) => {
        const scientific = number.toExponential();
        const padded = scientific.replace(
          /(\.\d+)?e/,
          (_, fraction = '.') => `${fraction}${'0'.repeat(zeros + 1)}E`,
        );
        for (const spelling of [JSON.stringify(number), scientific, padded]) {
          expect(read(`[${spelling}]`)).toEqual({ kind: 'value', value: [Number(spelling)] });
        }
      }),
    );
  });

  test.each([
    '0e999',
    '-0.000',
    '1e-0007',
    '100000000000000000000000',
    '9007199254740992',
    '0.1000000000000000000000',
    '1.7976931348623157e308',
    '5e-324',
  ])('is read: %s', (number) => {
    expect(read(number)).toEqual({ kind: 'value', value: Number(number) });
  });

  test.each([
    '9007199254740993',
    '-9007199254740993',
    '9007199254740993.0',
    '9007199254740993e-3',
    '0.12345678901234567890',
    '1e309',
    '-1E+400',
    '1e-400',
    '1e99999999999999999999',
  ])('is refused where a double would be another: %s', (number) => {
    expect(read(number)).toEqual({
      kind: 'inexact',
      fault: { pointer: '', detail: `is the number ${number}, which no double holds; send it as a string` },
    });
  });

  test('is named by its beginning where it is very long', () => {
    const reading = read(`1${'1'.repeat(100_000)}`);
    expect('fault' in reading && reading.fault.detail.length).toBeLessThan(200);
  });

  test('is not what looks like one in a string or a key', () => {
    const value = { '9007199254740993': ['1e400', '\\', '"1e400', '\\"1e400'] };
    expect(read(JSON.stringify(value))).toEqual({ kind: 'value', value });
  });
});

describe('the JSON pointer of a number that no double holds', () => {
  test.each([
    ['[1, [2, 1e400]]', '/1/1'],
    ['{"a": {"b": 1}, "c": [{}, {"d": 1e400}]}', '/c/1/d'],
    ['{"a/b": {"c~d": {"": 1e400}}}', '/a~1b/c~0d/'],
    ['{"\\u0061\\"\\n": 1e400}', '/a"\n'],
    ['[{"a": "]}", "b": "\\"{["}, 1e400]', '/1'],
    ['{"__proto__": [1e400]}', '/__proto__/0'],
    ['[0, 9007199254740993, 1e400]', '/1'],
  ])('leads to the first one: %s', (text, pointer) => {
    expect(read(text)).toMatchObject({ fault: { pointer } });
  });

  test('leads to it wherever it is', () => {
    fc.assert(
      fc.property(fc.array(anyPlace()), anyLongNumber(), (places, number) => {
        const value = places.reduce((inner, place) => place(inner), HERE);
        const reading = read(JSON.stringify(value).replace(JSON.stringify(HERE), number));
        if (reading.kind !== 'inexact') throw new Error(`${number} was read`);
        expect(follow(reading.fault.pointer, value)).toBe(HERE);
        expect(reading.fault.detail).toContain(number.slice(0, 40));
      }),
    );
  });
});

/** Stands where the number is put into the text, since JSON.stringify does not write such numbers. */
const HERE: unknown = 'here it is: 5f0b3e1c-6a52-4d8e-9c1b-2f7d9a4e8b10';

/** A list or an object around a value, with other things before and behind it. */
function anyPlace(): fc.Arbitrary<(inner: unknown) => unknown> {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('a/b', '~1', '__proto__', '"', '\\', '[{', '1e400', '0'),
  );
  const other = fc.oneof(fc.jsonValue({ maxDepth: 1 }), text);
  const fields = fc.dictionary(text, other, { maxKeys: 3 });
  return fc.oneof(
    fc
      .tuple(fc.array(other, { maxLength: 3 }), fc.array(other, { maxLength: 3 }))
      .map(([before, after]) => (inner: unknown) => [...before, inner, ...after]),
    fc.tuple(fields, text, fields).map(([before, key, after]) => (inner: unknown) => ({
      ...before,
      ...after,
      [key]: inner,
    })),
  );
}

/** 18 significant digits or more: the shortest decimal that tells a double from its neighbours has at most 17. */
function anyLongNumber(): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.integer({ min: 1 }),
      fc.stringMatching(/^\d{17,60}[1-9]$/),
      fc.constantFrom('', 'e5', 'E-5', 'e+200'),
    )
    .map(([sign, whole, fraction, exponent]) => `${sign}${whole}.${fraction}${exponent}`);
}

/** What a pointer leads to, as RFC 6901 has it. */
function follow(pointer: string, value: unknown): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((inner, key) => (inner as Record<string, unknown>)[key], value);
}
