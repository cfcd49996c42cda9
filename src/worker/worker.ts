import type { Client } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import type pg from 'pg';
import type { Logger } from 'pino';
import { createActivities } from '../activities/index.ts';
import { TASK_QUEUE } from '../model/lifecycle.ts';
import type { Settings } from '../model/settings.ts';
import { WORKFLOWS } from './bundle.ts';

export interface WorkerOptions {
  pool: pg.Pool;
  connection: NativeConnection;
  client: Client;
  namespace: string;
  settings: Settings;
  logger: Logger;
  /** Made by `bundleWorkflows`; bundled at the start when absent. */
  workflowBundle?: { codePath: string };
}

export interface RunningWorker {
  /** Takes no more work, and lets what runs come to its end within the grace time. */
  stop(): Promise<void>;
  /** Rejects if the worker ends by itself. */
  failed: Promise<never>;
}

/** Activities at once: each holds at most one connection of the pool, which should have as many. */
export const ACTIVITIES_AT_ONCE = 10;

/** What a running activity gets to finish its transaction; one that is cut off is simply run again. */
const GRACE = '5 seconds';
const FORCE = '10 seconds';

/**
 * How long a step of a lifecycle waits for the worker that has it in memory, which may have been killed. Any other
 * worker can go on from its history, which is short.
 */
const STICKY = '2 seconds';

/** Starts a worker that runs lifecycles and `tend` with their activities. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { pool, client, settings, connection, namespace, logger, workflowBundle } = options;
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    activities: createActivities({ pool, client, settings }),
    ...(workflowBundle ? { workflowBundle } : { workflowsPath: WORKFLOWS }),
    maxConcurrentActivityTaskExecutions: ACTIVITIES_AT_ONCE,
    stickyQueueScheduleToStartTimeout: STICKY,
    shutdownGraceTime: GRACE,
    shutdownForceTime: FORCE,
  });
  let stopping = false;
  const running = worker.run();
  const failed = running.then(
    () =>
      stopping ? new Promise<never>(() => {}) : Promise.reject(new Error('The worker ended by itself.')),
    (error: unknown) => {
      if (!stopping) throw error;
      logger.warn({ error }, 'the worker did not stop cleanly');
      return new Promise<never>(() => {});
    },
  );
  // Whoever doesn't watch it must not be ended by it; the others see it all the same.
  failed.catch(() => {});
  return {
    failed,
    async stop() {
      stopping = true;
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await running.catch(() => {});
    },
  };
}
