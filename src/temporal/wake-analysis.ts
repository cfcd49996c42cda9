import type { Client } from '@temporalio/client';
import { ANALYSIS, WAKE_ANALYSIS_SIGNAL } from '../model/analysis-workflow.ts';
import { TASK_QUEUE } from '../model/lifecycle.ts';

/** Tells the analysis to look for something to do; starts it if it doesn't run. */
export async function wakeAnalysis(client: Client): Promise<void> {
  await client.workflow.signalWithStart(ANALYSIS, {
    workflowId: ANALYSIS,
    taskQueue: TASK_QUEUE,
    args: [],
    signal: WAKE_ANALYSIS_SIGNAL,
    staticSummary: 'Makes sitreps of ereports',
  });
}
