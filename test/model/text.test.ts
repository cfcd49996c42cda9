import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { text, textFault } from '../../src/model/text.ts';

describe('a text', () => {
  test('is kept as it is, if Postgres can store it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (anything) => {
        const value = anything.replaceAll('\u0000', '');
        expect(text().parse(value)).toBe(value);
      }),
    );
  });

  test.each([
    ['a lone first half of a pair', 'a\ud83d', 'well-formed'],
    ['a lone second half of a pair', '\ude00a', 'well-formed'],
    ['a pair in the wrong order', '\ude00\ud83d', 'well-formed'],
    ['NUL', 'a\u0000b', 'NUL'],
    ['NUL alone', '\u0000', 'NUL'],
  ])('does not contain %s', (_, value, fault) => {
    expect(textFault(value)).toContain(fault);
    expect(text().safeParse(value).error?.issues).toMatchObject([{ message: textFault(value) }]);
  });

  test('may contain pairs of surrogates and control characters', () => {
    expect(textFault('😀\u0001\u007f\uffff\r\n')).toBeNull();
  });

  test('has at most 10,000 characters, where nothing else is said', () => {
    expect(text().safeParse('x'.repeat(10_000)).success).toBe(true);
    expect(text().safeParse('x'.repeat(10_001)).error?.issues).toMatchObject([
      { message: 'must have at most 10000 characters' },
    ]);
  });

  test('counts a character outside the basic plane as one, as JSON Schema and Postgres do', () => {
    expect(text(4).safeParse('😀'.repeat(4)).success).toBe(true);
    expect(text(4).safeParse('😀'.repeat(5)).success).toBe(false);
  });
});
