import type { Client } from '@temporalio/client';

const PAGE = 500;

/**
 * The ids of the workflows of a type that are open, in pages. From the visibility store, which lags behind: one that has
 * just begun may be missing, and one that is listed may have ended. Whoever acts on it has to ask by `describe`.
 */
export async function* openWorkflows(client: Client, type: string): AsyncGenerator<string[]> {
  const query = `WorkflowType = '${type}' AND ExecutionStatus = 'Running'`;
  let page: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query, pageSize: PAGE })) {
    page.push(workflowId);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
