import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/client';
import {
  DECISION_UPDATE,
  type Decision,
  LIFECYCLE,
  type LifecycleInput,
  type LifecycleStart,
  TASK_QUEUE,
  workflowIdOf,
} from '../model/lifecycle.ts';
import { SEARCH_ATTRIBUTES } from '../model/search-attributes.ts';
import { within } from './call.ts';

/** How long an answer to a submission waits for the decision. */
export const DECISION_TIME = 10_000;

export type StartOutcome =
  | { kind: 'decided'; decision: Decision }
  /** One is open, or has completed. */
  | { kind: 'alreadyStarted' }
  /** Time is up, or Temporal failed: the lifecycle may have been started or not. */
  | { kind: 'unknown'; reason: unknown };

/**
 * Starts the lifecycle and waits for its decision, in one request. The update has a new id every time (the
 * client makes one): with a fixed id Temporal would join an earlier request's update, or play back its
 * outcome, whatever the policies say.
 */
export async function startLifecycle(
  client: Client,
  start: LifecycleStart,
  milliseconds: number = DECISION_TIME,
): Promise<StartOutcome> {
  try {
    const decision = await within(client, milliseconds, () =>
      client.workflow.executeUpdateWithStart<(input: LifecycleInput) => Promise<unknown>, Decision, []>(
        DECISION_UPDATE,
        { startWorkflowOperation: operation(start) },
      ),
    );
    return { kind: 'decided', decision };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { kind: 'alreadyStarted' };
    return { kind: 'unknown', reason: error };
  }
}

function operation({ sitrepId, digest, parentId, creator, summary }: LifecycleStart) {
  return new WithStartWorkflowOperation<(input: LifecycleInput) => Promise<unknown>>(LIFECYCLE, {
    workflowId: workflowIdOf(sitrepId),
    taskQueue: TASK_QUEUE,
    args: [{ sitrepId, digest }],
    workflowIdConflictPolicy: 'FAIL',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    staticSummary: summary,
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTES.state, value: 'submitted' },
      { key: SEARCH_ATTRIBUTES.creator, value: creator },
      ...(parentId === null ? [] : [{ key: SEARCH_ATTRIBUTES.parent, value: parentId }]),
    ],
  });
}
