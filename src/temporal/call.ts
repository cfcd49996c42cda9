import { type Client, type WorkflowExecutionStatusName, WorkflowNotFoundError } from '@temporalio/client';

/** What one short request to Temporal gets. */
export const SHORT_CALL = 5_000;

/** Time was up before Temporal answered. */
export class TimeUp extends Error {
  override readonly name = 'TimeUp';
}

/**
 * Bounds a call to Temporal as a whole. The client's own deadline bounds only the requests, and between those
 * that it repeats it pauses for up to five seconds.
 */
export async function within<T>(client: Client, milliseconds: number, call: () => Promise<T>): Promise<T> {
  const { promise: timeUp, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new TimeUp(`Temporal did not answer within ${milliseconds} ms.`)),
    milliseconds,
  );
  try {
    return await Promise.race([client.withDeadline(Date.now() + milliseconds, call), timeUp]);
  } finally {
    clearTimeout(timer);
  }
}

/** What has become of a workflow: `gone` when Temporal knows none, `ended` when it did not complete. */
export type WorkflowStanding = 'open' | 'completed' | 'ended' | 'gone';

/** Asks by `describe`, which answers from the workflow itself, where a list would lag behind. */
export async function workflowStanding(client: Client, workflowId: string): Promise<WorkflowStanding> {
  try {
    const { status } = await within(client, SHORT_CALL, () =>
      client.workflow.getHandle(workflowId).describe(),
    );
    return standingOf(status.name);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'gone';
    throw error;
  }
}

function standingOf(status: WorkflowExecutionStatusName): WorkflowStanding {
  switch (status) {
    case 'RUNNING':
    case 'PAUSED':
      return 'open';
    case 'COMPLETED':
      return 'completed';
    default:
      return 'ended';
  }
}
