import { describe, expect, test } from 'vitest';
import { isBoundedJson } from '../../src/model/bounded-json.ts';
import { Faults } from '../../src/model/fault.ts';
import type { Json } from '../../src/model/json.ts';

function nested(levels: number): Json {
  let value: Json = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

function faultsOf(value: unknown, faults = new Faults()) {
  const bounded = isBoundedJson(value, ['body'], faults);
  return { bounded, faults: faults.list };
}

describe('what is stored as JSON', () => {
  test.each<[string, unknown]>([
    ['32 levels', nested(32)],
    ['64 KiB', 'x'.repeat(64 * 1024 - 2)],
    ['nothing', null],
    ['numbers of any size', [1e308, -1e-300, 5e-324, 0]],
    ['many plain numbers', Array(9_000).fill(-0.001)],
  ])('may have %s', (_, value) => {
    expect(faultsOf(value)).toEqual({ bounded: true, faults: [] });
  });

  test.each<[string, unknown, string, string]>([
    ['33 levels', nested(33), `/body${'/0'.repeat(32)}`, 'must have at most 32 levels'],
    ['more than 64 KiB', 'x'.repeat(64 * 1024 - 1), '/body', 'must have at most 65536 bytes as JSON'],
    ['more bytes than characters', '☃'.repeat(22_000), '/body', 'must have at most 65536 bytes as JSON'],
    [
      'numbers that are longer where they are kept',
      { far: Array(220).fill(1e300) },
      '/body',
      'must have at most 65536 bytes as JSON with its numbers written out, without exponents',
    ],
    ['a NUL', { a: ['\u0000'] }, '/body/a/0', 'must not contain the character NUL (U+0000)'],
    [
      'half a character in a name',
      { a: { '\ud800': 1 } },
      '/body/a',
      'has a key that must be well-formed Unicode, without lone surrogates',
    ],
    ['no number', { a: Number.NaN }, '/body/a', 'must be a finite number'],
  ])('may not have %s', (_, value, pointer, detail) => {
    expect(faultsOf(value)).toEqual({ bounded: false, faults: [{ pointer, detail }] });
  });

  test('[I32] is seen to be too deep also after so many faults that no more are kept', () => {
    const faults = new Faults();
    for (let n = 0; n < 100; n++) faults.add([n], 'is wrong');
    expect(faultsOf(nested(100_000), faults).bounded).toBe(false);
  });
});
