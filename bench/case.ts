import type { Summary } from './statistics.ts';

/** What a case is measured on. */
export interface Ground {
  /** The maintenance database of a Postgres of its own, with `fsync` and `synchronous_commit` on. */
  postgresUrl: string;
  /** A Temporal server of its own; started when the first case asks. */
  temporalAddress(): Promise<string>;
  scale: Scale;
}

/** How much is measured: all of it, or just enough to see that it runs. */
export interface Scale {
  rows(full: number): number;
  rounds(full: number): number;
}
export const FULL: Scale = { rows: (full) => full, rounds: (full) => full };
export const TINY: Scale = { rows: (full) => Math.ceil(full / 1000), rounds: () => 1 };

export type Target = { atMost: number } | { atLeast: number };

/** One line of the table. */
export interface Row {
  /** What was done, to how much. */
  what: string;
  unit: 'ms' | 's' | 'MiB' | 'bytes' | '/s' | 'sitreps' | 'events' | 'actions';
  measured: Summary;
  /** What it is held against, in the same run. */
  against: { what: string; measured: Summary } | null;
  /** Of `measured` to `against`. */
  ratio: Summary | null;
  /** For the ratio where there is one, else for `measured`. Null where the line only tells something. */
  target: Target | null;
}

export interface BenchCase {
  /** What it is called on the command line. */
  name: string;
  title: string;
  run(ground: Ground): Promise<Row[]>;
}
