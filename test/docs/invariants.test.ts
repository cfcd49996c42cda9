import { glob, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { invariantsOf, invariantTests } from '../../scripts/invariant-tests.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (file: string) => readFile(new URL(file, ROOT), 'utf8');

const page = invariantsOf(await read('docs/invariants.md'));

/** All but this file, which forges names. */
async function testSources(): Promise<string[]> {
  const sources: string[] = [];
  for await (const file of glob('test/**/*.ts', { cwd: ROOT, exclude: ['test/docs/*'] })) {
    sources.push(await read(file));
  }
  return sources;
}

test('docs/invariants.md counts its invariants from 1, without a gap, and names the guard of each', () => {
  expect(page.numbers.length).toBeGreaterThanOrEqual(32);
  expect(page.numbers).toEqual(page.numbers.map((_, index) => index + 1));
  expect(page.unguarded).toEqual([]);
});

test('each invariant has a test whose name starts with its number, and no test names another number', async () => {
  const sources = await testSources();
  expect(sources.length).toBeGreaterThan(30);
  expect(invariantTests(page.numbers, sources)).toEqual({ untested: [], astray: [] });
});

test('an invariant without a test is found', () => {
  const source = `
    test('[I1] [I2] holds', () => {});
    test.each([1, 2])('[I3] %i at a time', () => {});
    test.each<[string]>([
      ['(a)'],
    ])(
      "[I4] isn't torn",
      () => {},
    );
    underFire(
      \`[I5] under fire\`,
      20_000,
      round,
    );
    describe('[I6] the room', () => test('something in it [I7]', () => {}));
    // test('[I8] was here', () => {});
    test.skip('[I9] fails today', () => {});
    test.todo('[I10] some day');
    const row = { name: '[I12] a race' };
    throw new Error('[I11] is broken');`;
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
  expect(invariantTests(numbers, [source])).toEqual({ untested: [7, 8, 9, 10, 11], astray: [] });
});

test('a test that names a number which is no invariant is found, wherever in its name', () => {
  const sources = [`test('[I1] [I99] both', f)`, `test('as [I0] says', f)`, `test('[I1] alone', f)`];
  expect(invariantTests([1], sources)).toEqual({
    untested: [],
    astray: ['[I1] [I99] both', 'as [I0] says'],
  });
});

test('an invariant without a guard, and a gap in the numbers, are found', () => {
  const forged =
    '# Title\n\n1. One.\n   Guard: a lock.\n3. Three,\n   on two lines.\n\n## More\n\n4. Four.\n   Guard: \n';
  expect(invariantsOf(forged)).toEqual({ numbers: [1, 3, 4], unguarded: [3, 4] });
});
