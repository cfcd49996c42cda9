import type { Analysis } from '../analysis.ts';

/** A time that an ereport says, in milliseconds. One that lies ahead is now: a wrong clock outdoes no other ereport. */
export function timeOf(said: string, analysis: Analysis): number {
  return Math.min(Date.parse(said), Date.parse(analysis.time));
}
