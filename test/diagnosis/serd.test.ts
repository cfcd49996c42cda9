import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstWindow } from '../../src/diagnosis/engines/serd.ts';

const events = (...times: number[]) => times.map((time) => ({ time }));
const times = (window: readonly { time: number }[] | null) => window?.map(({ time }) => time) ?? null;

describe('N events within T', () => {
  test('are found at the Nth, with the first and the last just T apart', () => {
    expect(times(firstWindow(events(0, 4, 10), 3, 10))).toEqual([0, 4, 10]);
    expect(firstWindow(events(0, 4, 11), 3, 10)).toBeNull();
  });
  test('are not N − 1', () => {
    expect(firstWindow(events(0, 1), 3, 10)).toBeNull();
  });
  test('may come after others that were too far apart, and before more', () => {
    expect(times(firstWindow(events(0, 50, 100, 101, 102, 103), 3, 10))).toEqual([100, 101, 102]);
  });
  test('of which one is enough are the first', () => {
    expect(times(firstWindow(events(5, 6), 1, 1))).toEqual([5]);
  });
  test('do not exist among none', () => {
    expect(firstWindow([], 1, 1)).toBeNull();
  });

  test('are found exactly where some moment has N of them in the T that begin with it', () => {
    const sorted = fc
      .array(fc.integer({ min: 0, max: 60 }), { maxLength: 12 })
      .map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(
        sorted,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 20 }),
        (list, count, within) => {
          const dense = list.some(
            (start) => list.filter((one) => one >= start && one <= start + within).length >= count,
          );
          const window = firstWindow(events(...list), count, within);
          expect(window !== null).toBe(dense);
          if (window) expect(window).toHaveLength(count);
        },
      ),
    );
  });
});
