import type { Client } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import type pg from 'pg';
import type { Logger } from 'pino';
import { createActivities, createDeliveryActivities } from '../activities/index.ts';
import type { Engine } from '../diagnosis/engine.ts';
import { TASK_QUEUE } from '../model/lifecycle.ts';
import { DELIVERY_TASK_QUEUE } from '../model/receiver-workflow.ts';
import type { Settings } from '../model/settings.ts';
import type { Mail } from '../webhook/outbox.ts';
import type { Sender } from '../webhook/sender.ts';
import { bundle } from './bundle.ts';

export interface WorkerOptions {
  pool: pg.Pool;
  connection: NativeConnection;
  client: Client;
  namespace: string;
  settings: Settings;
  /** Engines of the user, beside those that Sitrep has. */
  engines?: readonly Engine[];
  /** Nobody else's: closing its sender is how the worker cuts off what it has no more time for. */
  mail: Mail;
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
 * What a receiver gets to answer what it was sent when its worker stops: most answer at once. Who doesn't is cut off, and
 * sent the same again by another worker; to wait for the slowest would take half a minute, and whoever stops a process
 * often kills it after ten seconds.
 */
const ANSWERED_WITHIN_MS = 5_000;
/** Longer, so that what was answered in that time, or not, gets on record. */
const DELIVERY_GRACE = '8 seconds';

/**
 * How long a step of a lifecycle waits for the worker that has it in memory, which may have been killed. Any other
 * worker can go on from its history, which is short.
 */
export const STICKY = '2 seconds';

/** Receivers that are sent to at once. Each mostly waits for its receiver, which may hang for as long as it likes. */
export const RECEIVERS_AT_ONCE = 200;

/** Starts what runs lifecycles and `tend`, and apart from it what runs receivers and sends deliveries. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { pool, client, settings, engines = [], connection, namespace, mail, logger } = options;
  const workflowBundle = options.workflowBundle ?? (await bundle());
  const stopping = new AbortController();
  const common = {
    connection,
    namespace,
    workflowBundle,
    shutdownForceTime: FORCE,
    stickyQueueScheduleToStartTimeout: STICKY,
  };
  const lives = await Worker.create({
    ...common,
    taskQueue: TASK_QUEUE,
    activities: createActivities({ pool, client, settings, engines }),
    maxConcurrentActivityTaskExecutions: ACTIVITIES_AT_ONCE,
    shutdownGraceTime: GRACE,
  });
  const deliveries = await Worker.create({
    ...common,
    taskQueue: DELIVERY_TASK_QUEUE,
    activities: createDeliveryActivities({ pool, client }, mail, stopping.signal),
    maxConcurrentActivityTaskExecutions: RECEIVERS_AT_ONCE,
    // Those that are being sent to; the others wait for days at times, and have short histories to go on from.
    maxCachedWorkflows: RECEIVERS_AT_ONCE,
    shutdownGraceTime: DELIVERY_GRACE,
  });
  return runTogether([lives, deliveries], mail.sender, stopping, logger);
}

function runTogether(
  workers: Worker[],
  sender: Sender,
  stopping: AbortController,
  logger: Logger,
): RunningWorker {
  const running = workers.map((worker) => worker.run());
  const ended = Promise.race(running);
  const failed = ended.then(
    () =>
      stopping.signal.aborted
        ? new Promise<never>(() => {})
        : Promise.reject(new Error('The worker ended by itself.')),
    (error: unknown) => {
      if (!stopping.signal.aborted) throw error;
      logger.warn({ error }, 'the worker did not stop cleanly');
      return new Promise<never>(() => {});
    },
  );
  // Whoever doesn't watch it must not be ended by it; the others see it all the same.
  failed.catch(() => {});
  return {
    failed,
    async stop() {
      stopping.abort();
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      const cutOff = setTimeout(() => void sender.close(), ANSWERED_WITHIN_MS);
      await Promise.allSettled(running);
      clearTimeout(cutOff);
    },
  };
}
