import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { ACTIVITY } from '../../src/workflows/activity-options.ts';

const { notice } = proxyActivities<{ notice(): Promise<void> }>(ACTIVITY);

/** Waits to be woken like the workflow of a receiver, and then does nothing: what Temporal itself takes for that. */
export async function sleeper(): Promise<void> {
  let woken = false;
  setHandler(defineSignal('wake'), () => {
    woken = true;
  });
  while (!workflowInfo().continueAsNewSuggested) {
    woken = false;
    await notice();
    await condition(() => woken);
  }
  await continueAsNew<typeof sleeper>();
}
