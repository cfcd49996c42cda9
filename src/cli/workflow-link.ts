import type { ApiClient, ServiceInfo } from './api-client.ts';
import { Failure } from './failure.ts';

/** Where a workflow's story is told; its id where the service knows of no Temporal UI. */
export function workflowLink({ temporalUiUrl, namespace }: ServiceInfo, workflowId: string): string {
  if (temporalUiUrl === null) return workflowId;
  return `${temporalUiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}

/** The link is an extra: where it can't be had, the id will do. */
export async function workflowOf(client: ApiClient, workflowId: string): Promise<string> {
  try {
    return workflowLink(await client.info(), workflowId);
  } catch (error) {
    if (error instanceof Failure) return workflowId;
    throw error;
  }
}
