import type { ActivityOptions } from '@temporalio/workflow';

/** In place of src/workflows/activity-options.ts: a killed worker is noticed within a second, so a round is short. */
export const ACTIVITY: ActivityOptions = {
  startToCloseTimeout: '1h',
  heartbeatTimeout: '1s',
  retry: { initialInterval: '50ms', backoffCoefficient: 2, maximumInterval: '500ms' },
};

export const RUNS_ENGINES = ACTIVITY;
