import { expect, test } from 'vitest';
import { boundedDifferences } from '../../src/model/bounded-differences.ts';
import { type Differences, diffCases } from '../../src/model/diff.ts';
import { caseView, idOf } from '../cli/views.ts';

const cases = Array.from({ length: 20 }, (_, n) => caseView({ id: idOf(n), comment: 'x'.repeat(1_000) }));

test('differences that fit are all there', () => {
  const all = diffCases(cases.slice(0, 10), cases.slice(5));
  expect(boundedDifferences(all, 100_000)).toEqual({ differences: all, omitted: 0 });
});

test.each([0, 500, 5_000, 12_000])(
  'of differences beyond %i bytes whole ones are left out, and counted',
  (most) => {
    const all = diffCases(cases.slice(0, 10), cases.slice(10));
    const { differences, omitted } = boundedDifferences(all, most);
    const count = (lists: Differences) => Object.values(lists).flat().length;
    expect(omitted).toBeGreaterThan(0);
    expect(count(differences) + omitted).toBe(count(all));
    expect(
      Object.values(differences)
        .flat()
        .map((one) => JSON.stringify(one))
        .join().length,
    ).toBeLessThanOrEqual(most);
  },
);
