/** How the invariants of docs/invariants.md and the names of tests hang together. */
export interface InvariantTests {
  /** Invariants that no test's name starts with. */
  untested: number[];
  /** Names of tests that carry a number which is no invariant. */
  astray: string[];
}

/** @param sources the text of each file that tests are made of */
export function invariantTests(invariants: number[], sources: string[]): InvariantTests {
  const names = sources.flatMap(testNames);
  const tested = new Set(names.flatMap(leadingNumbers));
  return {
    untested: invariants.filter((number) => !tested.has(number)),
    astray: names.filter((name) => numbersIn(name).some((number) => !invariants.includes(number))),
  };
}

/** The numbers that the page gives to invariants, in the order in which they stand; each has its guard below it. */
export function invariantsOf(page: string): { numbers: number[]; unguarded: number[] } {
  const items = page.split(/^(?=\d+\. )/m).slice(1);
  const numbered = items.map((item) => ({ number: Number.parseInt(item, 10), item }));
  return {
    numbers: numbered.map(({ number }) => number),
    unguarded: numbered.filter(({ item }) => !/^ +Guard: \S/m.test(item)).map(({ number }) => number),
  };
}

/**
 * The names that are written out: the first argument of `test` and its kin (`test('…'`, `test.each([…])('…'`,
 * `underFire('…'`), of `describe`, for the names of its tests begin with its own, and the `name` of a row of a table that
 * `test.each` runs. Not of what doesn't run: a comment, `test.skip`, `test.todo`.
 */
function testNames(source: string): string[] {
  const code = source.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '');
  const call = /(?:\b(?:test|it|describe|underFire)(?:\.(?!skip|todo)\w+)*|\))\(\s*/.source;
  const named = new RegExp(`(?:${call}|\\bname: )(['"\`])((?:\\\\.|(?!\\1).)*)\\1`, 'gs');
  return Array.from(code.matchAll(named), ([, , name]) => name ?? '');
}

function leadingNumbers(name: string): number[] {
  return numbersIn(/^(?:\[I\d+\] ?)*/.exec(name)?.[0] ?? '');
}

function numbersIn(name: string): number[] {
  return Array.from(name.matchAll(/\[I(\d+)\]/g), ([, number]) => Number(number));
}
