import type { Row, Target } from './case.ts';
import { ratios, summarise } from './statistics.ts';

interface Samples {
  what: string;
  samples: number[];
}

/** A line that compares; the ratio is taken round by round. */
export function comparison(
  { what, samples }: Samples,
  against: Samples,
  target: Target | null,
  unit: Row['unit'] = 'ms',
): Row {
  return {
    what,
    unit,
    measured: summarise(samples),
    against: { what: against.what, measured: summarise(against.samples) },
    ratio: summarise(ratios(samples, against.samples)),
    target,
  };
}

/** A line about one thing alone. */
export function figure({ what, samples }: Samples, target: Target | null, unit: Row['unit'] = 'ms'): Row {
  return { what, unit, measured: summarise(samples), against: null, ratio: null, target };
}

export function isMet({ measured, ratio, target }: Row): boolean | null {
  if (!target) return null;
  const { median } = ratio ?? measured;
  return 'atMost' in target ? median <= target.atMost : median >= target.atLeast;
}
