import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import type { SitrepState } from '../model/lifecycle.ts';
import { SEARCH_ATTRIBUTES } from '../model/search-attributes.ts';

/** What Temporal knows of a lifecycle. */
export interface LifecycleStanding {
  open: boolean;
  /** Which of its runs this is about; null when Temporal knows none. */
  runId: string | null;
  /** Whether it waits for a worker, with what it has heard or with an activity, or has one at work. */
  isBusy: boolean;
  /** The state that it has shown last; null when Temporal knows none. */
  state: SitrepState | null;
}

/**
 * Asks by `describe`, which answers from the workflow itself; a `list` answers from the visibility store,
 * which lags behind. A lifecycle that Temporal has forgotten counts as closed.
 */
export async function lifecycleStanding(client: Client, workflowId: string): Promise<LifecycleStanding> {
  try {
    const { status, runId, raw, typedSearchAttributes } = await client.workflow
      .getHandle(workflowId)
      .describe();
    const state = (typedSearchAttributes.get(SEARCH_ATTRIBUTES.state) as SitrepState | undefined) ?? null;
    return {
      open: status.name === 'RUNNING' || status.name === 'PAUSED',
      runId,
      isBusy: isBusy(raw),
      state,
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      return { open: false, runId: null, isBusy: false, state: null };
    throw error;
  }
}

function isBusy({ pendingWorkflowTask, pendingActivities }: WorkflowExecutionDescription['raw']): boolean {
  return Boolean(pendingWorkflowTask) || (pendingActivities ?? []).length > 0;
}

/** False when the lifecycle is gone, and needs no signal any more. */
export async function signalLifecycle(client: Client, workflowId: string, signal: string): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId).signal(signal);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Requests to Temporal under way at once: enough to hide the way there, few enough not to be a burst. */
const AT_ONCE = 16;

/** Like `Promise.all` over `map`, with a bounded number under way. */
export async function mapBounded<Item, Result>(
  items: Item[],
  ask: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(ask))));
  }
  return results;
}
