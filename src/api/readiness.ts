import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { unreadableInWords } from '../model/configuration.ts';
import { Problem } from '../model/problem.ts';
import { readConfiguration } from '../store/configuration.ts';
import { schemaFault } from '../store/migrate.ts';
import { within } from '../temporal/call.ts';
import type { Service } from './service.ts';

/** A probe asks every few seconds; an answer that takes longer is as good as none. */
const PROBE_TIME = 3_000;

export interface Readiness {
  postgres: string;
  temporal: string;
  /** Never a reason not to be ready: what can't be read is passed over. */
  configuration: string;
}
const READY = 'ready';

/** Whether sitreps can be taken now; throws a problem that names what is wrong. */
export async function readiness(service: Service): Promise<Readiness> {
  const checks = {
    postgres: (await postgresFault(service.pool)) ?? READY,
    temporal: (await temporalFault(service)) ?? READY,
  };
  const wrong = Object.entries(checks).filter(([, fault]) => fault !== READY);
  if (wrong.length === 0) return { ...checks, configuration: await configurationStanding(service.pool) };
  throw new Problem('unavailable', wrong.map(([part, fault]) => `${part}: ${fault}`).join(' '), { checks });
}

async function postgresFault(pool: pg.Pool): Promise<string | null> {
  const slow = pause(PROBE_TIME, 'Postgres does not answer.', { ref: false });
  const fault = schemaFault(pool).catch((error: Error) => `Postgres cannot be asked: ${wordsOf(error)}.`);
  return Promise.race([fault, slow]);
}

async function configurationStanding(pool: pg.Pool): Promise<string> {
  const slow = pause(PROBE_TIME, 'Postgres does not answer.', { ref: false });
  return Promise.race([readConfiguration(pool).then(unreadableInWords), slow]).then(
    (fault) => fault ?? READY,
  );
}

async function temporalFault({ client, namespace }: Service): Promise<string | null> {
  try {
    await within(client, PROBE_TIME, () => client.workflowService.describeNamespace({ namespace }));
    return null;
  } catch (error) {
    return `Temporal cannot be asked about its namespace ${namespace}: ${wordsOf(error as Error)}.`;
  }
}

/** Of several addresses that were tried, Node tells in a list. */
function wordsOf(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map(wordsOf).join(', ');
  return error.message.replace(/\.$/, '');
}
