import type { Client } from '@temporalio/client';
import { PROBE_TIME, wordsOf } from '../model/readiness.ts';
import { within } from './call.ts';

/** What keeps Temporal from being asked for something now, in a sentence, or null. */
export async function temporalFault(client: Client, namespace: string): Promise<string | null> {
  try {
    await within(client, PROBE_TIME, () => client.workflowService.describeNamespace({ namespace }));
    return null;
  } catch (error) {
    return `Temporal cannot be asked about its namespace ${namespace}: ${wordsOf(error as Error)}.`;
  }
}
