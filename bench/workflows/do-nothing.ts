import { proxyActivities } from '@temporalio/workflow';
import { ACTIVITY } from '../../src/workflows/activity-options.ts';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>(ACTIVITY);

/** As many steps as a submission has until its alerts are made, and nothing in them: what Temporal itself takes. */
export async function doNothing(): Promise<void> {
  await nothing();
  await nothing();
  await nothing();
}
