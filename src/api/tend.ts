import { type Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { newId } from '../model/id.ts';
import { TASK_QUEUE, TEND, type TendReport } from '../model/lifecycle.ts';
import { Problem } from '../model/problem.ts';
import { SHORT_CALL, within } from '../temporal/call.ts';

type Tend = (options: { dryRun: boolean }) => Promise<TendReport>;

/** How long an answer waits for the pass to end. A pass looks at every sitrep there is, so it may take a while. */
export const TEND_TIME = 120_000;

/** Runs one pass of `tend` now, beside the scheduled ones, and waits for its report. */
export async function tend(client: Client, dryRun: boolean, milliseconds = TEND_TIME): Promise<TendReport> {
  const handle = await start(client, dryRun);
  try {
    return await within(client, milliseconds, () => handle.result());
  } catch (error) {
    const { workflowId } = handle;
    const detail =
      error instanceof WorkflowFailedError
        ? `The pass failed; Temporal says why under ${workflowId}.`
        : `The pass has not ended within ${milliseconds / 1000} s. It goes on as ${workflowId}.`;
    throw new Problem('unavailable', detail, { workflowId }, error);
  }
}

async function start(client: Client, dryRun: boolean): Promise<WorkflowHandle<Tend>> {
  try {
    return await within(client, SHORT_CALL, () =>
      client.workflow.start<Tend>(TEND, {
        workflowId: `${TEND}:${newId()}`,
        taskQueue: TASK_QUEUE,
        args: [{ dryRun }],
        workflowRunTimeout: '1 hour',
        staticSummary: dryRun ? 'On demand, a dry run' : 'On demand',
      }),
    );
  } catch (error) {
    throw new Problem('unavailable', 'Temporal could not be asked to run a pass.', {}, error);
  }
}
