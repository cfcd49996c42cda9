import type { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type pg from 'pg';
import { pino } from 'pino';
import { inject } from 'vitest';
import {
  DECISION_UPDATE,
  type Decision,
  LIFECYCLE,
  TASK_QUEUE,
  workflowIdOf,
} from '../../src/model/lifecycle.ts';
import { readSettings } from '../../src/model/settings.ts';
import { submit } from '../../src/store/submission.ts';
import { type RunningWorker, startWorker } from '../../src/worker/worker.ts';
import { type Sent, submissionOf } from './document.ts';
import type { Handle } from './scripted-lifecycle.ts';

/** The real worker, on whatever Postgres and Temporal a test has. */
export function startTestWorker(
  pool: pg.Pool,
  temporal: { client: Client; nativeConnection: NativeConnection; namespace: string },
  environment: Record<string, string> = {},
): Promise<RunningWorker> {
  return startWorker({
    pool,
    connection: temporal.nativeConnection,
    client: temporal.client,
    namespace: temporal.namespace,
    settings: readSettings(environment),
    logger: pino({ level: 'silent' }),
    workflowBundle: { codePath: inject('workflowBundle') },
  });
}

/** Lays a document down and starts its lifecycle, with the policies that every start has. */
export async function startLife(pool: pg.Pool, client: Client, sent: Sent): Promise<Handle> {
  const submission = submissionOf(sent);
  const accepted = await submit(pool, submission);
  if (accepted.kind === 'refused') throw new Error(`Refused: ${JSON.stringify(accepted.refusal)}`);
  return client.workflow.start(LIFECYCLE, {
    workflowId: workflowIdOf(sent.id),
    taskQueue: TASK_QUEUE,
    args: [{ sitrepId: sent.id, digest: submission.digest }],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    workflowIdConflictPolicy: 'FAIL',
  }) as unknown as Promise<Handle>;
}

/** Starts a lifecycle and waits for what was decided. */
export async function live(pool: pg.Pool, client: Client, sent: Sent): Promise<[Handle, Decision]> {
  const handle = await startLife(pool, client, sent);
  return [handle, await handle.executeUpdate<Decision, []>(DECISION_UPDATE)];
}
