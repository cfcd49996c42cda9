import { type Client, WorkflowNotFoundError } from '@temporalio/client';

/** Ends one run of a workflow, and no later one. False when it has ended by itself. */
export async function endRun(
  client: Client,
  workflowId: string,
  runId: string | null,
  reason: string,
): Promise<boolean> {
  if (runId === null) return false;
  try {
    await client.workflow.getHandle(workflowId, runId).terminate(reason);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
