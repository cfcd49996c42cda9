import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALERT_CLASSES } from '../../src/model/alert-class.ts';
import { patternRegex, SubscriptionPattern } from '../../src/model/subscription.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

const matches = (pattern: string, alertClass: string) => new RegExp(patternRegex(pattern)).test(alertClass);
const fault = (pattern: string) => SubscriptionPattern.safeParse(pattern).error?.issues[0]?.message ?? null;

describe('a pattern', () => {
  test.each([
    ['*', 'hardware', true],
    ['*', 'hardware.fan', false],
    ['hardware.*', 'hardware.fan', true],
    ['hardware.*', 'hardware', false],
    ['hardware.*', 'hardware.fan.stopped', false],
    ['hardware.*', 'software.fan', false],
    ['*.fan', 'hardware.fan', true],
    ['*.fan', 'hardware.fans', false],
    ['a.*.c', 'a.b.c', true],
    ['a.*.c', 'a.b.b.c', false],
    ['**', 'hardware', true],
    ['**', 'hardware.fan.stopped', true],
    ['hardware.**', 'hardware.fan', true],
    ['hardware.**', 'hardware.fan.stopped', true],
    ['hardware.**', 'hardware', false],
    ['hardware.**', 'hardware_2.fan', false],
    ['a.**.z', 'a.z', false],
    ['a.**.z', 'a.m.z', true],
    ['a.**.z', 'a.m.n.z', true],
    ['**.**', 'a', false],
    ['**.**', 'a.b', true],
    ['hardware.fan', 'hardwareXfan', false],
  ])('%s and the class %s: %s', (pattern, alertClass, expected) => {
    expect(matches(pattern, alertClass)).toBe(expected);
  });

  test.each([
    ['**', 'test.foo', false],
    ['*.foo', 'test.foo', false],
    ['*.*', 'test.foo', false],
    ['**.foo', 'test.foo', false],
    ['test.**', 'test.foo.bar', true],
    ['test.*', 'test.foo', true],
    ['test.foo', 'test.foo', true],
    ['**', 'testing.foo', true],
    ['**', 'test', true],
    ['*.test.foo', 'a.test.foo', true],
  ])('%s reaches tests only where it says so: %s: %s', (pattern, alertClass, expected) => {
    expect(matches(pattern, alertClass)).toBe(expected);
  });

  test.each(['a.*_b', 'a*', '***', '*a', 'a.**b', 'a.b*.c'])(
    '%s is refused: a star is a whole segment',
    (pattern) => {
      expect(fault(pattern)).toMatch(/^has the segment ".+"; a segment is/);
    },
  );

  test.each([
    '',
    '.',
    'a..b',
    '.a',
    'a.',
    'A.b',
    'a-b.*',
    'a.*\n',
    ' *',
    '*.\u0000',
    '(?!x).*',
    'a\\.*',
    '$',
  ])('%j is refused', (pattern) => {
    expect(fault(pattern)).not.toBeNull();
  });

  test('without a star must be a class that there is', () => {
    for (const name of Object.keys(ALERT_CLASSES)) expect(fault(name)).toBeNull();
    for (const name of ['hardware.fan', 'test', 'constructor', '__proto__', 'sitrep.receiver']) {
      expect(fault(name)).toBe('is not a known alert class');
    }
    expect(fault('hardware.fan.*')).toBeNull();
  });

  test('has at most 200 characters', () => {
    expect(fault(`${'a'.repeat(198)}.*`)).toBeNull();
    expect(fault(`${'a'.repeat(199)}.*`)).toBe('must have at most 200 characters');
  });
});

const segment = fc.constantFrom('a', 'b', 'test', 'foo_1', '_', '0');
const path = (of: fc.Arbitrary<string>) =>
  fc.array(of, { minLength: 1, maxLength: 5 }).map((segments) => segments.join('.'));
const pattern = path(fc.oneof(segment, fc.constantFrom('*', '**')));

/** What a pattern means, said in another way than by a regular expression. */
function means(pattern: string[], alertClass: string[]): boolean {
  const [first, ...rest] = pattern;
  const [, ...others] = alertClass;
  if (first === undefined) return alertClass.length === 0;
  if (alertClass.length === 0) return false;
  if (first === '**') return means(rest, others) || means(pattern, others);
  return (first === '*' || first === alertClass[0]) && means(rest, others);
}

describe('the regular expression of a pattern', () => {
  test('means what the pattern means, in JavaScript', () => {
    fc.assert(
      fc.property(pattern, path(segment), (glob, alertClass) => {
        const hidden = alertClass.startsWith('test.') && !glob.startsWith('test.');
        const expected = !hidden && means(glob.split('.'), alertClass.split('.'));
        expect(matches(glob, alertClass)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  test('means the same in Postgres', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(pattern, fc.oneof(path(segment), fc.string())), { minLength: 50, maxLength: 50 }),
        async (sent) => {
          const pairs = sent.map(
            ([glob, text]) => [glob, text.replaceAll('\u0000', '').toWellFormed()] as const,
          );
          const { rows } = await db.pool.query<{ matches: boolean }>(
            'SELECT name ~ regex AS matches FROM unnest($1::text[], $2::text[]) AS pair (name, regex)',
            [pairs.map(([, name]) => name), pairs.map(([glob]) => patternRegex(glob))],
          );
          expect(rows.map((row) => row.matches)).toEqual(pairs.map(([glob, name]) => matches(glob, name)));
        },
      ),
      { numRuns: 40 },
    ));

  test('is one that Postgres takes, also of the longest patterns', async () => {
    const longest = [Array(66).fill('**'), Array(100).fill('*'), Array(40).fill('**.a')].map((segments) =>
      segments.join('.').slice(0, 199),
    );
    const name = Array(100).fill('a').join('.');
    for (const glob of longest) {
      const { rows } = await db.pool.query('SELECT $1 ~ $2 AS matches', [name, patternRegex(glob)]);
      expect(rows).toEqual([{ matches: true }]);
    }
  });
});
