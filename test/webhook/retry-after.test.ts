import { describe, expect, test } from 'vitest';
import { readRetryAfter } from '../../src/webhook/retry-after.ts';

describe('Retry-After', () => {
  const NOW = Date.parse('2026-11-25T03:00:00Z');

  test.each([
    ['0', 0],
    ['120', 120],
    ['9999999999', 9_999_999_999],
    ['Wed, 25 Nov 2026 03:01:00 GMT', 60],
    ['Wed, 25 Nov 2026 02:00:00 GMT', 0],
    ['', null],
    ['soon', null],
    ['-5', null],
    ['1.5', null],
    ['120, 60', null],
    ['1e3', null],
    ['99999999999', null],
  ])('of %j asks for %s seconds', (header, seconds) => {
    expect(readRetryAfter(header, NOW)).toBe(seconds);
  });
});
