import type { Client } from '@temporalio/client';
import type pg from 'pg';
import { demandReady, READY } from '../model/readiness.ts';
import { postgresFault } from '../store/fault.ts';
import { temporalFault } from '../temporal/fault.ts';
import type { RunningWorker } from '../worker/worker.ts';

export interface Workplace {
  pool: pg.Pool;
  client: Client;
  namespace: string;
  /** Null until it has been started. */
  worker: RunningWorker | null;
}

/** Whether a worker can work now; throws a problem that names what is wrong. */
export async function workerReadiness(place: Workplace): Promise<Record<string, string>> {
  const { pool, client, namespace, worker } = place;
  const [postgres, temporal] = await Promise.all([postgresFault(pool), temporalFault(client, namespace)]);
  const checks = {
    worker: (worker ? worker.fault() : 'It is being started.') ?? READY,
    postgres: postgres ?? READY,
    temporal: temporal ?? READY,
  };
  demandReady(checks);
  return checks;
}
