/** A place in an activity at which the process that runs it kills itself, or stops dead for a while. */
export interface KillPoint {
  activity: string;
  /** Only in the lifecycle of this sitrep. */
  sitrepId?: string;
  /** Which of the activity's uses of the database, from 1: a statement by itself, or a whole transaction. */
  step: number;
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

export function inWords({ activity, step, moment, signal = 'SIGKILL' }: KillPoint): string {
  return `${signal === 'SIGKILL' ? 'killed' : 'stopped'} ${moment} step ${step} of ${activity}`;
}
