import type { ActivityOptions } from '@temporalio/workflow';

/**
 * Retried for as long as it takes: a Postgres that is away for an hour must only make a sitrep late. Losing
 * is a result, so what fails is a fault that somebody will mend.
 */
const retry = { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '30s' } as const;

/** One short transaction. */
export const SHORT: ActivityOptions = { startToCloseTimeout: '1m', retry };

/** Grows with the sitrep. Says by heartbeat that it lives, so that a dead worker's work starts again soon. */
export const LONG: ActivityOptions = { startToCloseTimeout: '1h', heartbeatTimeout: '20s', retry };
