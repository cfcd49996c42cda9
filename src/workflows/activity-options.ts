import type { ActivityOptions } from '@temporalio/workflow';

/**
 * How every activity is run. Each says by heartbeat that it lives, so that a dead worker's work starts again
 * within seconds; the time-outs of the database sessions end what hangs while it lives. Retried for as long as
 * it takes: a Postgres that is away for an hour must only make a sitrep late. Losing is a result, so what
 * fails is a fault that somebody will mend.
 */
export const ACTIVITY: ActivityOptions = {
  startToCloseTimeout: '1h',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '30s' },
};

/**
 * Engines run in one piece, and nothing can be heard meanwhile: by the others' time one that is slow would be taken for
 * dead, again and again.
 */
export const RUNS_ENGINES: ActivityOptions = { ...ACTIVITY, heartbeatTimeout: '1 minute' };
