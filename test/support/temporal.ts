import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { inject } from 'vitest';
import { SEARCH_ATTRIBUTES } from '../../src/model/search-attributes.ts';
import { addSearchAttributes } from '../../src/worker/prepare.ts';

// Each test file runs in a process of its own, so this is done once in it. Signals are vitest's.
Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });

export interface TestTemporal {
  connection: Connection;
  nativeConnection: NativeConnection;
  client: Client;
  namespace: string;
  close(): Promise<void>;
}

/**
 * The suite's real Temporal server, in a namespace of its own with the project's search attributes; without the
 * schedule of `prepareNamespace`, which would run `tend` in the middle of a test.
 */
export async function connectTemporal({
  searchAttributes = true,
  address = inject('temporalAddress'),
} = {}): Promise<TestTemporal> {
  const connection = await Connection.connect({ address, connectTimeout: CALL_TIMEOUT });
  const nativeConnection = await NativeConnection.connect({ address });
  const namespace = `test-${randomUUID()}`;
  await registerNamespace(connection, namespace);
  if (searchAttributes) await addSearchAttributes(connection, namespace, EVERY_ATTRIBUTE);
  return {
    connection,
    nativeConnection,
    client: new Client({ connection, namespace }),
    namespace,
    async close() {
      await connection.close();
      await nativeConnection.close();
    },
  };
}

/** A time-skipping server of its own. Skipping is global in it: one for each test file, and nothing concurrent. */
export async function createTimeSkipping(): Promise<TestWorkflowEnvironment> {
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: inject('testServerPath') } },
  });
  await addSearchAttributes(environment.connection, environment.client.options.namespace, EVERY_ATTRIBUTE);
  return environment;
}

const EVERY_ATTRIBUTE = Object.values(SEARCH_ATTRIBUTES);
const CALL_TIMEOUT = 10_000;
const RETENTION = msToTs('1 day');

async function registerNamespace(connection: Connection, namespace: string): Promise<void> {
  await connection.withDeadline(Date.now() + CALL_TIMEOUT, () =>
    connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: RETENTION }),
  );
}
