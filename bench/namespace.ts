import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { SEARCH_ATTRIBUTES } from '../src/model/search-attributes.ts';
import { addSearchAttributes } from '../src/worker/prepare.ts';

const RETENTION = msToTs('1 day');
const WITHIN = 30_000;

/** A namespace of its own, so that no case meets the workflows of another. */
export async function createNamespace(address: string): Promise<string> {
  const namespace = `bench-${randomUUID()}`;
  const connection = await Connection.connect({ address });
  try {
    await connection.withDeadline(Date.now() + WITHIN, () =>
      connection.workflowService.registerNamespace({
        namespace,
        workflowExecutionRetentionPeriod: RETENTION,
      }),
    );
    await addSearchAttributes(connection, namespace, Object.values(SEARCH_ATTRIBUTES));
  } finally {
    await connection.close();
  }
  return namespace;
}
