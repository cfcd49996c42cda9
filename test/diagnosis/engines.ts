import type { Analysis } from '../../src/diagnosis/analysis.ts';
import type { Engine } from '../../src/diagnosis/engine.ts';

/** An engine that reads every class and does what a test wants it to. */
export function engineThat(analyze: (analysis: Analysis) => void, change: Partial<Engine> = {}): Engine {
  return { name: 'test', classes: ['**'], analyze, ...change };
}

/** Opens a case for each new ereport. */
export const curious = (change: Partial<Engine> = {}) =>
  engineThat((analysis) => {
    for (const ereport of analysis.newEreports)
      analysis.openCase('found').addEreport(ereport, 'look at this');
  }, change);
