import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { retryDelayMs } from '../../src/model/delivery.ts';
import { DEFAULT_RETRY_DELAYS } from '../../src/model/receiver.ts';

const chance = fc.double({ min: 0, max: 1, noNaN: true });
const HOUR = 3600;

describe('the delay before the next attempt', () => {
  test('is that of the schedule, up to a tenth more or less', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), chance, (attempts, luck) => {
        const delay = 1000 * (DEFAULT_RETRY_DELAYS[attempts] as number);
        const found = retryDelayMs(DEFAULT_RETRY_DELAYS, attempts, null, luck);
        expect(found).toBeGreaterThan(0.9 * delay - 1);
        expect(found).toBeLessThan(1.1 * delay + 1);
      }),
    );
    const spread = [0, 0.5, 1].map((luck) => Math.round(retryDelayMs([0, 100], 1, null, luck) ?? 0));
    expect(spread).toEqual([90_000, 100_000, 110_000]);
  });

  test('is none when the schedule is used up', () => {
    expect(retryDelayMs(DEFAULT_RETRY_DELAYS, 9, null, 0)).not.toBeNull();
    expect(retryDelayMs(DEFAULT_RETRY_DELAYS, 10, null, 0)).toBeNull();
    expect(retryDelayMs([0], 1, 60, 0)).toBeNull();
  });

  test('is longer when the receiver asks for that, but never shorter, and never longer than a day', () => {
    expect(retryDelayMs([0, 100], 1, 600, 0.5)).toBe(600_000);
    expect(retryDelayMs([0, 100], 1, 1, 0.5)).toBe(100_000);
    expect(retryDelayMs([0, 100], 1, 10 * 24 * HOUR, 0.5)).toBe(24 * HOUR * 1000);
    expect(retryDelayMs([0, 48 * HOUR], 1, 10 * 24 * HOUR, 0.5)).toBe(48 * HOUR * 1000);
  });
});
