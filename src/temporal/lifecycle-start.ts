import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowStartOptions,
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

type Lifecycle = (input: LifecycleInput) => Promise<unknown>;

export type StartOutcome =
  | { kind: 'decided'; decision: Decision }
  /** One is open, or has completed. */
  | { kind: 'alreadyStarted' }
  /** Time is up, or Temporal failed: the lifecycle may have been started or not. */
  | { kind: 'unknown'; reason: unknown };

/**
 * Whether a lifecycle that has completed may be run again. It never needs to, unless it did so in a time that Postgres
 * doesn't know: restored to an earlier one, Postgres may have the sitrep undecided again, or ask for it anew.
 */
export type Completed = 'stays' | 'is of another time';

/**
 * Starts the lifecycle and waits for its decision, in one request. The update has a new id every time (the
 * client makes one): with a fixed id Temporal would join an earlier request's update, or play back its
 * outcome, whatever the policies say.
 */
export async function startLifecycle(
  client: Client,
  start: LifecycleStart,
  milliseconds: number = DECISION_TIME,
  completed: Completed = 'stays',
): Promise<StartOutcome> {
  try {
    const decision = await within(client, milliseconds, () =>
      client.workflow.executeUpdateWithStart<Lifecycle, Decision, []>(DECISION_UPDATE, {
        startWorkflowOperation: new WithStartWorkflowOperation<Lifecycle>(
          LIFECYCLE,
          optionsOf(start, completed),
        ),
      }),
    );
    return { kind: 'decided', decision };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { kind: 'alreadyStarted' };
    return { kind: 'unknown', reason: error };
  }
}

/** Starts the lifecycle of a sitrep that is undecided by Postgres, and waits for nothing. False when one is open. */
export async function startUndecided(client: Client, start: LifecycleStart): Promise<boolean> {
  try {
    await client.workflow.start<Lifecycle>(LIFECYCLE, optionsOf(start, 'is of another time'));
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

function optionsOf(
  { sitrepId, digest, parentId, creator, summary }: LifecycleStart,
  completed: Completed,
): WorkflowStartOptions<Lifecycle> & { workflowIdConflictPolicy: 'FAIL' } {
  return {
    workflowId: workflowIdOf(sitrepId),
    taskQueue: TASK_QUEUE,
    args: [{ sitrepId, digest }],
    workflowIdConflictPolicy: 'FAIL',
    workflowIdReusePolicy: completed === 'stays' ? 'ALLOW_DUPLICATE_FAILED_ONLY' : 'ALLOW_DUPLICATE',
    staticSummary: summary,
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTES.state, value: 'submitted' },
      { key: SEARCH_ATTRIBUTES.creator, value: creator },
      ...(parentId === null ? [] : [{ key: SEARCH_ATTRIBUTES.parent, value: parentId }]),
    ],
  };
}
