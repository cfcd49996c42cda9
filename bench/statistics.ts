/** What is said of repeated measurements: the middle, and where the middle half lies. */
export interface Summary {
  median: number;
  lower: number;
  upper: number;
  count: number;
}

export function summarise(samples: number[]): Summary {
  return {
    median: quantile(samples, 0.5),
    lower: quantile(samples, 0.25),
    upper: quantile(samples, 0.75),
    count: samples.length,
  };
}

/** Between the two nearest samples it is read off the line that joins them. */
export function quantile(samples: number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) throw new Error('There are no samples.');
  return below + (above - below) * (at - Math.floor(at));
}

/** Sample by sample: both of a pair were taken right after each other, in the same state of the machine. */
export function ratios(samples: number[], others: number[]): number[] {
  return samples.map((sample, index) => sample / (others[index] ?? Number.NaN));
}
