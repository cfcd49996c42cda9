import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { PROBE_TIME, wordsOf } from '../model/readiness.ts';
import { schemaFault } from './migrate.ts';

/** What keeps Postgres from being used now, in a sentence, or null: it does not answer, or has another schema. */
export async function postgresFault(pool: pg.Pool): Promise<string | null> {
  const slow = pause(PROBE_TIME, 'Postgres does not answer.', { ref: false });
  const fault = schemaFault(pool).catch((error: Error) => `Postgres cannot be asked: ${wordsOf(error)}.`);
  return Promise.race([fault, slow]);
}
