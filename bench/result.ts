import type { BenchCase, Row } from './case.ts';
import { isMet } from './row.ts';

/** A case that was run. */
export interface Result {
  name: string;
  title: string;
  seconds: number;
  rows: (Row & { met: boolean | null })[];
}

export function resultOf({ name, title }: BenchCase, rows: Row[], milliseconds: number): Result {
  const seconds = Math.round(milliseconds / 1000);
  return { name, title, seconds, rows: rows.map((row) => ({ ...row, met: isMet(row) })) };
}
