import {
  condition,
  continueAsNew,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { ACTIVITY } from '../../src/workflows/activity-options.ts';

const { nothing, notice, beginNothing } = proxyActivities<{
  nothing(): Promise<void>;
  notice(): Promise<void>;
  beginNothing(): Promise<void>;
}>(ACTIVITY);

/** Is woken as the analysis is, waits as long for more, and takes as many steps: what Temporal itself takes for that. */
export async function analyseNothing(debounceMs: number): Promise<void> {
  let woken = false;
  setHandler(defineSignal('wake'), () => {
    woken = true;
  });
  while (!workflowInfo().continueAsNewSuggested) {
    await condition(() => woken);
    await sleep(debounceMs);
    woken = false;
    await nothing();
    await beginNothing();
  }
  await continueAsNew<typeof analyseNothing>(debounceMs);
}

/** Takes as many steps as a sitrep until its alerts are made, and tells whoever began it after the second. */
export async function lifeOfNothing(): Promise<void> {
  let decided = false;
  setHandler(defineUpdate('decision'), () => condition(() => decided));
  await nothing();
  await nothing();
  decided = true;
  await notice();
}
