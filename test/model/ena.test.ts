import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Ena, formatEna } from '../../src/model/ena.ts';

const BITS_64 = 2n ** 64n;
const anyEna = fc.bigInt({ min: 0n, max: BITS_64 - 1n });
const NORMAL_FORM = /^0x(0|[1-9a-f][0-9a-f]*)$/;

function faultsOf(value: unknown): string[] {
  return Ena.safeParse(value).error?.issues.map(({ message }) => message) ?? [];
}

describe('an ENA', () => {
  test.each([
    ['0', '0x0'],
    ['31', '0x1f'],
    ['0x1f', '0x1f'],
    ['0X1F', '0x1f'],
    ['0xaBcDeF', '0xabcdef'],
    ['007', '0x7'],
    ['0x000000000000001f', '0x1f'],
    ['18446744073709551615', '0xffffffffffffffff'],
    ['0xffffffffffffffff', '0xffffffffffffffff'],
  ])('%s has the normal form %s', (spelling, normal) => {
    expect(Ena.parse(spelling)).toBe(normal);
  });

  test.each(['31', '0x1f', '0X1F', '0xaBcDeF'])('%s is allowed by the JSON schema too', (spelling) => {
    const { pattern = '' } = z.toJSONSchema(Ena);
    expect(spelling).toMatch(new RegExp(pattern, 'u'));
  });

  test('has one normal form, however the number is written', () => {
    fc.assert(
      fc.property(anyEna, (number) => {
        const hex = number.toString(16);
        const spellings = [
          `${number}`,
          `${number}`.padStart(20, '0'),
          `0x${hex}`,
          `0x${hex.toUpperCase().padStart(16, '0')}`,
          `0X${hex}`,
        ];
        const [normal = '', ...others] = new Set(spellings.map((spelling) => Ena.parse(spelling)));
        expect(others).toEqual([]);
        expect(normal).toMatch(NORMAL_FORM);
        expect(BigInt(normal)).toBe(number);
      }),
    );
  });

  test('is written in its normal form', () => {
    fc.assert(
      fc.property(anyEna, (number) => {
        expect(Ena.parse(formatEna(number))).toBe(formatEna(number));
        expect(BigInt(formatEna(number))).toBe(number);
      }),
    );
  });

  test('has at most 64 bits', () => {
    expect(faultsOf('18446744073709551616')).toEqual(['must be less than 2^64']);
    fc.assert(
      fc.property(fc.bigInt({ min: BITS_64, max: BITS_64 ** 2n }), (number) => {
        expect(faultsOf(`${number}`)).toHaveLength(1);
        expect(faultsOf(`0x${number.toString(16)}`)).toHaveLength(1);
      }),
    );
  });

  test.each([
    '',
    '0x',
    '-1',
    '+1',
    ' 1',
    '1\n',
    '1.0',
    '1e3',
    '1n',
    '1_000',
    'ff',
    '0xfg',
    '0b1',
    '0o7',
    '٣',
  ])('is not %j', (spelling) => {
    expect(faultsOf(spelling)).toEqual(['must be an unsigned 64-bit number as a string, 0x… or decimal']);
  });

  test.each([1, 1n, null, undefined, ['1']])('is a string, not %s', (value) => {
    expect(faultsOf(value)).toHaveLength(1);
  });
});
