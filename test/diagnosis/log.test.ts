import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Analysis } from '../../src/diagnosis/analysis.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { AnalysisReport } from '../../src/diagnosis/report.ts';
import { engineThat } from './engines.ts';
import { anError } from './ereports.ts';
import { inputsWith } from './fleet.ts';

const ERROR = anError(0);

/** The report on an analysis of one ereport, as it is kept. */
function reportOf(analyze: (analysis: Analysis) => void, engines = 1): AnalysisReport {
  const all = Array.from({ length: engines }, (_, nth) => engineThat(analyze, { name: `engine_${nth}` }));
  return JSON.parse(JSON.stringify(diagnose(inputsWith({ arrived: [ERROR] }), all).report));
}

const LOOP: Record<string, unknown> = {};
LOOP.again = LOOP;
const unreadable = (what: string) => {
  throw new Error(`nobody may read the ${what}`);
};
const GUARDED = { [inspect.custom]: () => unreadable('words') };

describe('what an engine logs', () => {
  test.each<[string, unknown, unknown]>([
    ['a number', 1.5, 1.5],
    ['nothing', null, null],
    ['texts', ['a', 'b'], ['a', 'b']],
    ['a bigint', 5n, '5n'],
    ['no number', Number.NaN, 'NaN'],
    ['a list of what is no text', [5n, 'NUL \u0000'], ['5n', 'NUL \uFFFD']],
    ['what is not there', undefined, 'undefined'],
    ['a loop', LOOP, '<ref *1> { again: [Circular *1] }'],
    ['what has no words', GUARDED, 'what cannot be put into words'],
  ])('may be %s', (_, value, kept) => {
    const report = reportOf((analysis) => analysis.log('seen', { value } as never));
    expect(report.engines[0]).toMatchObject({
      error: null,
      log: [{ event: 'seen', values: { value: kept } }],
    });
  });

  test('may have any name, and be no text itself', () => {
    const report = reportOf((analysis) => analysis.log(5n as never, { 'NUL \u0000, half \ud800': 1 }));
    expect(report.engines[0]?.log).toEqual([
      { level: 'info', event: '5n', values: { 'NUL \uFFFD, half \uFFFD': 1 } },
    ]);
  });

  test('is cut where all of it would be too much to keep, and says how much it lacks', () => {
    const lines = 10_000;
    const report = reportOf((analysis) => {
      const opened = analysis.openCase('found');
      for (let n = 0; n < lines; n += 2) {
        analysis.log('x'.repeat(10_000));
        opened.log('y'.repeat(10_000));
      }
    }, 2);
    expect(JSON.stringify(report).length).toBeLessThan(33 * 1024 * 1024);
    for (const [nth, { log }] of report.engines.entries()) {
      const kept = log.length - 1 + (report.cases[nth]?.log.length ?? 0);
      expect(kept).toBeGreaterThan(1_000);
      const lacks = (lines + 1 - kept).toLocaleString('en');
      expect(log.at(-1)?.event).toBe(`… and ${lacks} more, here and about its cases`);
    }
  });
});

test.each<[string, (analysis: Analysis) => void]>([
  ['not understood', (analysis) => analysis.notUnderstood(ERROR, 'why '.repeat(1_000))],
  ['ignored', (analysis) => analysis.ignore(ERROR, 'why '.repeat(1_000))],
])('of why an ereport is %s a report keeps what a person would read', (_, analyze) => {
  const { notUnderstood, ignored } = reportOf(analyze, 20);
  const because = [...notUnderstood, ...ignored].flatMap((one) => one.because);
  expect(because).toHaveLength(10);
  for (const { why } of because) expect(why).toMatch(/^why .{195}…$/);
});

test.each<[string, () => unknown]>([
  ['whose stack is none', () => Object.assign(new Error('boom'), { stack: 5 })],
  [
    'whose stack throws',
    () => Object.defineProperty(new Error('boom'), 'stack', { get: () => unreadable('stack') }),
  ],
  ['that has no words', () => GUARDED],
  ['that does not say what it is', () => new Proxy({}, { getPrototypeOf: () => unreadable('prototype') })],
])('an engine may throw something %s', (_, thrown) => {
  const report = reportOf(() => {
    throw thrown();
  });
  expect(report.engines[0]?.error).toEqual(expect.any(String));
});
