import { type Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { newId } from '../model/id.ts';
import { TASK_QUEUE } from '../model/lifecycle.ts';
import { Problem } from '../model/problem.ts';
import { SHORT_CALL, within } from '../temporal/call.ts';

/** A workflow that somebody waits for. */
interface OnDemand<Input> {
  workflow: string;
  input: Input;
  summary: string;
  runTimeout: Duration;
  /** What it is, to whoever waits for it in vain. */
  what: string;
  /** How long is waited for it. */
  milliseconds: number;
}

type Running<Input, Output> = (input: Input) => Promise<Output>;

/** Runs a workflow of its own for this request, and waits for what it answers. */
export async function runOnDemand<Input, Output>(client: Client, asked: OnDemand<Input>): Promise<Output> {
  const { what, milliseconds } = asked;
  const handle = await start<Input, Output>(client, asked);
  try {
    return await within(client, milliseconds, () => handle.result());
  } catch (error) {
    const { workflowId } = handle;
    const detail =
      error instanceof WorkflowFailedError
        ? `The ${what} failed; Temporal says why under ${workflowId}.`
        : `The ${what} has not ended within ${milliseconds / 1000} s. It goes on as ${workflowId}.`;
    throw new Problem('unavailable', detail, { workflowId }, error);
  }
}

async function start<Input, Output>(
  client: Client,
  { workflow, input, summary, runTimeout, what }: OnDemand<Input>,
): Promise<WorkflowHandle<Running<Input, Output>>> {
  try {
    return await within(client, SHORT_CALL, () =>
      client.workflow.start<Running<Input, Output>>(workflow, {
        workflowId: `${workflow}:${newId()}`,
        taskQueue: TASK_QUEUE,
        args: [input],
        workflowRunTimeout: runTimeout,
        staticSummary: summary,
      }),
    );
  } catch (error) {
    throw new Problem('unavailable', `Temporal could not be asked to run a ${what}.`, {}, error);
  }
}
