import type { Client } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import type pg from 'pg';
import { createActivities } from '../../src/activities/index.ts';
import type { Engine } from '../../src/diagnosis/engine.ts';
import { TASK_QUEUE } from '../../src/model/lifecycle.ts';
import { readSettings } from '../../src/model/settings.ts';

type Activities = ReturnType<typeof createActivities>;

/**
 * What happens around an activity of the real worker, by its name: before it, after it, or in its place. One
 * that isn't named runs as it is.
 */
export type Around = {
  [Name in keyof Activities]?: (
    act: Activities[Name],
    ...input: Parameters<Activities[Name]>
  ) => Promise<unknown>;
};

export interface WorkerAround {
  pool: pg.Pool;
  temporal: { client: Client; nativeConnection: NativeConnection; namespace: string };
  codePath: string;
  environment?: Record<string, string>;
  around?: Around;
  engines?: Engine[];
}

/** The real activities on whatever Postgres and Temporal there is; `stop` waits for those that run. */
export async function startWorkerAround(options: WorkerAround): Promise<{ stop(): Promise<void> }> {
  const { pool, temporal, codePath, environment = {}, around = {}, engines = [] } = options;
  const { client, nativeConnection, namespace } = temporal;
  const activities = createActivities({ pool, client, settings: readSettings(environment), engines });
  const worker = await Worker.create({
    connection: nativeConnection,
    namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath },
    activities: { ...activities, ...wrapped(activities, around) },
    identity: 'worker',
    // So that an activity hears soon that it was cancelled.
    maxHeartbeatThrottleInterval: '100ms',
    shutdownGraceTime: '5s',
    shutdownForceTime: '10s',
  });
  const running = worker.run();
  return {
    async stop() {
      worker.shutdown();
      await running;
    },
  };
}

function wrapped(activities: Activities, around: Around): object {
  return Object.fromEntries(
    Object.entries(around).map(([name, happens]) => [
      name,
      (...input: unknown[]) =>
        Reflect.apply(happens, undefined, [activities[name as keyof Activities], ...input]),
    ]),
  );
}
