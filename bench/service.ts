import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import type pg from 'pg';
import { pino } from 'pino';
import { createActivities } from '../src/activities/index.ts';
import { startApi } from '../src/api/server.ts';
import { TASK_QUEUE } from '../src/model/lifecycle.ts';
import { readSettings } from '../src/model/settings.ts';
import { AddressPolicy } from '../src/webhook/address-policy.ts';
import { SecretBox } from '../src/webhook/secret-box.ts';
import { Sender } from '../src/webhook/sender.ts';
import { installRuntime } from '../src/worker/runtime.ts';
import { ACTIVITIES_AT_ONCE, STICKY } from '../src/worker/worker.ts';
import type { Ground } from './case.ts';
import { type BenchDatabase, createDatabase } from './database.ts';
import { createNamespace } from './namespace.ts';

const WORKFLOWS = fileURLToPath(new URL('./workflows/index.ts', import.meta.url));
/** There are no receivers here. */
const mail = {
  sender: new Sender(new AddressPolicy([])),
  secrets: new SecretBox(Buffer.alloc(32).toString('base64')),
};
const logger = pino({ level: 'silent' });

/** API and worker in this process, as the local stack has them; the worker can do nothing as well. */
export interface BenchService {
  pool: pg.Pool;
  url: string;
  /** Runs the workflow that does nothing, from its start to its result. */
  doNothing(): Promise<void>;
  stop(): Promise<void>;
}

let bundle: ReturnType<typeof bundleWorkflowCode> | undefined;

export async function startService({ postgresUrl, temporalAddress }: Ground): Promise<BenchService> {
  // It ends with the last worker that uses it.
  installRuntime(logger);
  const address = await temporalAddress();
  const namespace = await createNamespace(address);
  const database = await createDatabase(postgresUrl, `service_${randomUUID().replaceAll('-', '')}`);
  const { pool } = database;
  const settings = readSettings({});
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection, namespace });
  bundle ??= bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger: new DefaultLogger('WARN') });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    activities: { ...createActivities({ pool, client, settings }), nothing: async () => {} },
    workflowBundle: await bundle,
    maxConcurrentActivityTaskExecutions: ACTIVITIES_AT_ONCE,
    stickyQueueScheduleToStartTimeout: STICKY,
  });
  const running = worker.run();
  const api = await startApi({
    pool,
    client,
    listen: '127.0.0.1:0',
    maxBodyBytes: settings.SITREP_MAX_BODY,
    temporalUiUrl: null,
    namespace,
    mail,
    logger,
  });
  return {
    pool,
    url: api.url,
    doNothing: () =>
      client.workflow.execute('doNothing', { workflowId: randomUUID(), taskQueue: TASK_QUEUE, args: [] }),
    stop: () => stop(api, worker, running, connection, database),
  };
}

async function stop(
  api: { close(): Promise<void> },
  worker: Worker,
  running: Promise<void>,
  connection: NativeConnection,
  database: BenchDatabase,
): Promise<void> {
  await api.close();
  worker.shutdown();
  await running;
  await connection.close();
  await database.drop();
}
