import type { Client } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { TASK_QUEUE } from '../model/lifecycle.ts';
import { PROBE_TIME } from '../model/readiness.ts';
import { within } from './call.ts';

/** `temporal.api.enums.v1.TaskQueueType`, of the queue that workers ask for steps of workflows. */
const WORKFLOW_QUEUE = 1;

/** A worker asks for a minute, and asks again; half of one more is for clocks that differ. */
const SEEN_WITHIN_MS = 90_000;

/** Whether a worker has asked Temporal for work lately. Temporal remembers for minutes one that is gone. */
export async function isWorkerSeen(client: Client, namespace: string): Promise<boolean> {
  const { pollers } = await within(client, PROBE_TIME, () =>
    client.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: TASK_QUEUE },
      taskQueueType: WORKFLOW_QUEUE,
    }),
  );
  return pollers.some(({ lastAccessTime }) => Date.now() - tsToMs(lastAccessTime) < SEEN_WITHIN_MS);
}
