import type { Client } from '@temporalio/client';
import {
  DELIVERY_TASK_QUEUE,
  RECEIVER_WORKFLOW,
  receiverWorkflowId,
  WAKE_SIGNAL,
} from '../model/receiver-workflow.ts';

/** Tells the workflow that sends a receiver's deliveries to look for some; starts it if it doesn't run. */
export async function wakeReceiver(client: Client, receiverId: string): Promise<void> {
  await client.workflow.signalWithStart(RECEIVER_WORKFLOW, {
    workflowId: receiverWorkflowId(receiverId),
    taskQueue: DELIVERY_TASK_QUEUE,
    args: [receiverId],
    signal: WAKE_SIGNAL,
    staticSummary: `Sends alerts to the receiver ${receiverId}`,
  });
}
