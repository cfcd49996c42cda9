import { sitrepIdOf } from '../model/lifecycle.ts';

/**
 * What a line of Temporal's SDK, or of an activity, says beside its words: each thing under one name, and the sitrep that
 * it is about. Without the token of the task, with which anybody could complete it.
 */
export function logLine(meta: Record<string | symbol, unknown> = {}): Record<string, unknown> {
  const { taskToken: _, task_token: __, workflowRunId, run_id: coreRunId, ...rest } = meta;
  const runId = workflowRunId ?? coreRunId;
  const sitrepId = typeof rest.workflowId === 'string' ? sitrepIdOf(rest.workflowId) : null;
  return { ...rest, ...(runId !== undefined && { runId }), ...(sitrepId !== null && { sitrepId }) };
}
