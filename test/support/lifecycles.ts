import type { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type pg from 'pg';
import { pino } from 'pino';
import { inject } from 'vitest';
import { type Decision, type LifecycleStart, workflowIdOf } from '../../src/model/lifecycle.ts';
import { readSettings } from '../../src/model/settings.ts';
import type { Submission } from '../../src/model/submission.ts';
import { submit } from '../../src/store/submission.ts';
import { startLifecycle } from '../../src/temporal/lifecycle-start.ts';
import { lifecycleSummary } from '../../src/temporal/lifecycle-summary.ts';
import { type RunningWorker, startWorker } from '../../src/worker/worker.ts';
import { type Sent, submissionOf } from './document.ts';
import { testMail } from './mail.ts';
import type { Handle } from './scripted-lifecycle.ts';

/** The real worker, on whatever Postgres and Temporal a test has. */
export function startTestWorker(
  pool: pg.Pool,
  temporal: { client: Client; nativeConnection: NativeConnection; namespace: string },
  environment: Record<string, string> = {},
  codePath: string = inject('workflowBundle'),
): Promise<RunningWorker> {
  return startWorker({
    pool,
    connection: temporal.nativeConnection,
    client: temporal.client,
    namespace: temporal.namespace,
    settings: readSettings(environment),
    mail: testMail(),
    logger: pino({ level: 'silent' }),
    workflowBundle: { codePath },
  });
}

/** Lays a document down, starts its lifecycle as the API does, and waits for what was decided. */
export async function live(pool: pg.Pool, client: Client, sent: Sent): Promise<[Handle, Decision]> {
  const submission = submissionOf(sent);
  const accepted = await submit(pool, submission);
  if (accepted.kind === 'refused') throw new Error(`Refused: ${JSON.stringify(accepted.refusal)}`);
  const started = await startLifecycle(client, startOf(submission));
  if (started.kind !== 'decided') throw new Error(`Not decided: ${JSON.stringify(started)}`);
  return [lifecycleOf(client, sent.id), started.decision];
}

export function startOf({ document, digest }: Submission): LifecycleStart {
  const { id: sitrepId, parentId, creator } = document;
  return { sitrepId, digest, parentId, creator, summary: lifecycleSummary(document) };
}

export function lifecycleOf(client: Client, sitrepId: string): Handle {
  return client.workflow.getHandle(workflowIdOf(sitrepId));
}
