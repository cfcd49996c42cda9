import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Client, WithStartWorkflowOperation } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import type pg from 'pg';
import { pino } from 'pino';
import { createActivities, createDeliveryActivities } from '../src/activities/index.ts';
import { startApi } from '../src/api/server.ts';
import { TASK_QUEUE } from '../src/model/lifecycle.ts';
import { DELIVERY_TASK_QUEUE } from '../src/model/receiver-workflow.ts';
import { readSettings } from '../src/model/settings.ts';
import { AddressPolicy } from '../src/webhook/address-policy.ts';
import { Sender } from '../src/webhook/sender.ts';
import { wakeReceiver } from '../src/webhook/wake-receiver.ts';
import { installRuntime } from '../src/worker/runtime.ts';
import { POLLERS, RECEIVERS_AT_ONCE, STICKY } from '../src/worker/worker.ts';
import type { Ground } from './case.ts';
import { type BenchDatabase, createDatabase } from './database.ts';
import { createNamespace } from './namespace.ts';
import { SECRETS } from './subscriber.ts';

const WORKFLOWS = fileURLToPath(new URL('./workflows/index.ts', import.meta.url));
/** Receivers are on this machine. */
const mail = { sender: new Sender(new AddressPolicy(['127.0.0.0/8'])), secrets: SECRETS };
const logger = pino({ level: 'silent' });

/** API and worker in this process, as the local stack has them; the worker can do nothing as well. */
export interface BenchService {
  pool: pg.Pool;
  client: Client;
  url: string;
  /** Runs the workflow that does nothing, from its start to its result. */
  doNothing(): Promise<void>;
  /** Tells the workflow that sends a receiver's deliveries that there are some. */
  wake(receiverId: string): Promise<void>;
  /** Signals a workflow that waits; resolves once the activity runs that it has for that, which does nothing. */
  wakeForNothing(): Promise<void>;
  /** Wakes what does as many steps as an analysis and the sitrep that it makes; resolves once the last one runs. */
  analyseNothing(debounceMs: number): Promise<void>;
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
  const noticed = new EventEmitter();
  const lives = await Worker.create({
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    activities: {
      ...createActivities({ pool, client, settings }),
      nothing: async () => {},
      notice: async () => void noticed.emit('notice'),
      beginNothing: () => beginNothing(client),
    },
    workflowBundle: await bundle,
    workflowTaskPollerBehavior: POLLERS,
    activityTaskPollerBehavior: POLLERS,
    maxConcurrentActivityTaskExecutions: settings.SITREP_CONNECTIONS,
    stickyQueueScheduleToStartTimeout: STICKY,
  });
  const deliveries = await Worker.create({
    connection,
    namespace,
    taskQueue: DELIVERY_TASK_QUEUE,
    activities: createDeliveryActivities({ pool, client }, mail),
    workflowBundle: await bundle,
    workflowTaskPollerBehavior: POLLERS,
    activityTaskPollerBehavior: POLLERS,
    maxConcurrentActivityTaskExecutions: RECEIVERS_AT_ONCE,
  });
  const workers = [lives, deliveries].map((worker) => ({ worker, running: worker.run() }));
  const api = await startApi({
    pool,
    client,
    listen: '127.0.0.1:0',
    authentication: null,
    maxBodyBytes: settings.SITREP_MAX_BODY,
    temporalUiUrl: null,
    namespace,
    mail,
    logger,
  });
  return {
    pool,
    client,
    url: api.url,
    doNothing: () =>
      client.workflow.execute('doNothing', { workflowId: randomUUID(), taskQueue: TASK_QUEUE, args: [] }),
    wake: (receiverId) => wakeReceiver(client, receiverId),
    async wakeForNothing() {
      const notice = once(noticed, 'notice');
      await wake(client, 'sleeper', []);
      await notice;
    },
    async analyseNothing(debounceMs) {
      const notice = once(noticed, 'notice');
      await wake(client, 'analyseNothing', [debounceMs]);
      await notice;
    },
    stop: () => stop(api, workers, connection, database),
  };
}

/** There is one of each type. */
async function wake(client: Client, type: string, args: unknown[]): Promise<void> {
  await client.workflow.signalWithStart(type, {
    workflowId: type,
    taskQueue: TASK_QUEUE,
    args,
    signal: 'wake',
  });
}

/** As the lifecycle of a sitrep is begun, whose decision is waited for. */
async function beginNothing(client: Client): Promise<void> {
  await client.workflow.executeUpdateWithStart('decision', {
    startWorkflowOperation: new WithStartWorkflowOperation('lifeOfNothing', {
      workflowId: randomUUID(),
      taskQueue: TASK_QUEUE,
      args: [],
      workflowIdConflictPolicy: 'FAIL',
    }),
  });
}

async function stop(
  api: { close(): Promise<void> },
  workers: { worker: Worker; running: Promise<void> }[],
  connection: NativeConnection,
  database: BenchDatabase,
): Promise<void> {
  await api.close();
  for (const { worker } of workers) worker.shutdown();
  await Promise.all(workers.map(({ running }) => running));
  await connection.close();
  await database.drop();
}
