import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { unreadableInWords } from '../model/configuration.ts';
import { Problem } from '../model/problem.ts';
import { demandReady, PROBE_TIME, READY } from '../model/readiness.ts';
import { readConfiguration } from '../store/configuration.ts';
import { postgresFault } from '../store/fault.ts';
import { temporalFault } from '../temporal/fault.ts';
import { isWorkerSeen } from '../temporal/workers-seen.ts';
import type { Service } from './service.ts';

export interface Readiness {
  postgres: string;
  temporal: string;
  /**
   * Never a reason not to be ready: without a worker reports are taken, and reads and deletions are answered, all the
   * same. If every API were taken out of service because of it, what is only late would be an outage.
   */
  workers: string;
  /** Never a reason not to be ready: what can't be read is passed over. */
  configuration: string;
  authentication: string;
}

const OPEN =
  'Off (SITREP_AUTH): whoever reaches this address may do everything. It listens on loopback only.';

/** Whether sitreps can be taken now; throws a problem that names what is wrong. */
export async function readiness(service: Service): Promise<Readiness> {
  if (service.stopping.aborted) throw new Problem('unavailable', 'This API is being stopped.');
  const { pool, client, namespace } = service;
  const [postgres, temporal] = await Promise.all([postgresFault(pool), temporalFault(client, namespace)]);
  const needed = { postgres: postgres ?? READY, temporal: temporal ?? READY };
  demandReady(needed);
  const [workers, configuration] = await Promise.all([
    workerStanding(service),
    configurationStanding(service.pool),
  ]);
  return { ...needed, workers, configuration, authentication: service.guard ? READY : OPEN };
}

async function workerStanding({ client, namespace }: Service): Promise<string> {
  const isSeen = await isWorkerSeen(client, namespace).catch(() => null);
  if (isSeen === null) return 'Temporal does not say whether there are any.';
  return isSeen ? READY : 'None has asked for work lately: what is submitted is taken, and waits.';
}

async function configurationStanding(pool: pg.Pool): Promise<string> {
  const slow = pause(PROBE_TIME, 'Postgres does not answer.', { ref: false });
  return Promise.race([readConfiguration(pool).then(unreadableInWords), slow]).then(
    (fault) => fault ?? READY,
  );
}
