import type { Client } from '@temporalio/client';

/** What a workflow has cost in Temporal so far. */
export interface History {
  events: number;
  bytes: number;
  /** What Temporal Cloud bills, and limits; what is tried again, and heartbeats, are beside that. */
  actions: number;
}

/** Events that are an action each. */
const ACTIONS = [
  'workflowExecutionStartedEventAttributes',
  'workflowExecutionUpdateAcceptedEventAttributes',
  'workflowExecutionSignaledEventAttributes',
  'activityTaskScheduledEventAttributes',
  'timerStartedEventAttributes',
  'upsertWorkflowSearchAttributesEventAttributes',
] as const;

export async function historyOf(client: Client, workflowId: string): Promise<History> {
  const handle = client.workflow.getHandle(workflowId);
  const [{ historySize }, { events }] = await Promise.all([handle.describe(), handle.fetchHistory()]);
  const all = events ?? [];
  return {
    events: all.length,
    bytes: historySize ?? 0,
    actions: all.filter((event) => ACTIONS.some((name) => event[name])).length,
  };
}
