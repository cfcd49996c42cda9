/** A place in an activity at which the process that runs it kills itself, or stops dead for a while. */
export interface KillPoint {
  activity: string;
  /** Only in the lifecycle of this sitrep. */
  sitrepId?: string;
  /** Which of the activity's uses of the database, from 1: a statement by itself, or a whole transaction. */
  step: number;
  /** Counts only those whose statement has this in it; that of a transaction is BEGIN. */
  statement?: string;
  moment: Moment;
  /** How often that place is passed first. */
  passes?: number;
  /** After SIGSTOP, whoever sends SIGCONT has it go on: as a zombie, if its time was over. */
  signal?: 'SIGKILL' | 'SIGSTOP';
}

/**
 * `uncommitted`: after all that the step does, and before it is committed. `after` the last step: before Temporal
 * hears of the result.
 */
export type Moment = 'before' | 'uncommitted' | 'after';

/** One place at several moments, one after the other. */
export function at(
  activity: string,
  step: number,
  moments: Moment[],
  more: Pick<KillPoint, 'sitrepId' | 'statement'> = {},
): KillPoint[] {
  return moments.map((moment) => ({ activity, step, moment, ...more }));
}

export function inWords({ activity, step, statement, moment, signal = 'SIGKILL' }: KillPoint): string {
  const which = statement === undefined ? `step ${step}` : `step ${step} with ${statement}`;
  return `${signal === 'SIGKILL' ? 'killed' : 'stopped'} ${moment} ${which} of ${activity}`;
}
