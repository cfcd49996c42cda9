import type { Client } from '@temporalio/client';
import { ANALYSIS } from '../../src/model/analysis-workflow.ts';
import { TASK_QUEUE } from '../../src/model/lifecycle.ts';

/** An analysis that never gets anywhere, since no worker takes its tasks: whatever wakes it, nothing comes of it. */
export async function holdAnalysis(client: Client): Promise<void> {
  await client.workflow.start(ANALYSIS, {
    workflowId: ANALYSIS,
    taskQueue: `${TASK_QUEUE} of nobody`,
    args: [],
  });
}
