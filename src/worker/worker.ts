import type { Client } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { createActivities, createDeliveryActivities } from '../activities/index.ts';
import type { Engine } from '../diagnosis/engine.ts';
import { enginesInForce } from '../diagnosis/engines-in-force.ts';
import { TASK_QUEUE } from '../model/lifecycle.ts';
import { DELIVERY_TASK_QUEUE } from '../model/receiver-workflow.ts';
import type { Settings } from '../model/settings.ts';
import type { Mail } from '../webhook/outbox.ts';
import type { Sender } from '../webhook/sender.ts';
import { workflows } from './bundle.ts';
import { deliveryMetrics } from './delivery-metrics.ts';
import { counted } from './work-metrics.ts';

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
  /** Where it is counted what the work comes to. */
  registry?: Registry | undefined;
  /** Whether the connection traces: then the workflows do so, too. */
  traced?: boolean;
  /** Made by `bundleWorkflows`; when absent, that of the release, or bundled at the start. */
  workflowBundle?: { codePath: string };
}

export interface RunningWorker {
  /** Takes no more work, and lets what runs come to its end within the grace time. */
  stop(): Promise<void>;
  /** Rejects if the worker ends by itself. */
  failed: Promise<never>;
  /** What keeps it from working now, in a sentence, or null. */
  fault(): string | null;
}

/** What is sent to receivers is cut off when the grace is over. This is for its end, known or not, to get on record. */
const RECORDED_WITHIN_MS = 3_000;
/** After the grace: an activity that doesn't even notice that it shall end is left behind, and run again elsewhere. */
const FORCE_AFTER_MS = 5_000;

/**
 * How long a step of a lifecycle waits for the worker that has it in memory, which may have been killed. Any other
 * worker can go on from its history, which is short.
 */
export const STICKY = '2 seconds';

/**
 * As many requests for work are open as the server says are of use: few of idle workers, of which there may be any number,
 * and more under load. Never more than there are slots, which bound the connections to Postgres; so slots are a number
 * to set, and not taken from how busy the machine is, which says nothing of Postgres.
 */
export const POLLERS = { type: 'autoscaling' } as const;

/** Receivers that are sent to at once. Each mostly waits for its receiver, which may hang for as long as it likes. */
export const RECEIVERS_AT_ONCE = 200;

/** Starts what runs lifecycles and `tend`, and apart from it what runs receivers and sends deliveries. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { pool, client, settings, engines = [], connection, namespace, mail, logger, registry } = options;
  const workflowBundle = options.workflowBundle ?? (await workflows({ traced: options.traced ?? false }));
  const activities = createActivities({ pool, client, settings, engines });
  // Those of threshold rules are configured while it runs.
  const engineNames = enginesInForce({ thresholdRules: [] }, engines).map(({ name }) => name);
  const onEnd = registry && deliveryMetrics(registry);
  const graceMs = settings.SITREP_GRACE_SECONDS * 1000;
  const stopping = new AbortController();
  const common = {
    connection,
    namespace,
    workflowBundle,
    shutdownForceTime: graceMs + FORCE_AFTER_MS,
    stickyQueueScheduleToStartTimeout: STICKY,
    workflowTaskPollerBehavior: POLLERS,
    activityTaskPollerBehavior: POLLERS,
  };
  const lives = await Worker.create({
    ...common,
    taskQueue: TASK_QUEUE,
    activities: registry ? counted(activities, registry, engineNames) : activities,
    // Each holds at most one connection of the pool, so more of them would only wait for one.
    maxConcurrentActivityTaskExecutions: settings.SITREP_CONNECTIONS,
    shutdownGraceTime: graceMs,
  });
  const deliveries = await Worker.create({
    ...common,
    taskQueue: DELIVERY_TASK_QUEUE,
    activities: createDeliveryActivities({ pool, client }, mail, stopping.signal, onEnd),
    maxConcurrentActivityTaskExecutions: RECEIVERS_AT_ONCE,
    // Those that are being sent to; the others wait for days at times, and have short histories to go on from.
    maxCachedWorkflows: RECEIVERS_AT_ONCE,
    shutdownGraceTime: graceMs + RECORDED_WITHIN_MS,
  });
  return runTogether([lives, deliveries], mail.sender, stopping, graceMs, logger);
}

function runTogether(
  workers: Worker[],
  sender: Sender,
  stopping: AbortController,
  graceMs: number,
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
    fault() {
      if (stopping.signal.aborted) return 'It is being stopped.';
      const states = workers.map((worker) => worker.getState());
      return states.every((state) => state === 'RUNNING')
        ? null
        : `It is ${states.join(' and ').toLowerCase()}.`;
    },
    async stop() {
      stopping.abort();
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      const cutOff = setTimeout(() => void sender.close(), graceMs);
      await Promise.allSettled(running);
      clearTimeout(cutOff);
    },
  };
}
