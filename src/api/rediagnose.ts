import type { Client } from '@temporalio/client';
import type pg from 'pg';
import { REDIAGNOSE, type RediagnosisAsked, type RediagnosisPage } from '../model/rediagnosis.ts';
import { currentSitrep } from '../store/sitrep-read.ts';
import { noSuchSitrep } from './analysis-of.ts';
import { runOnDemand } from './on-demand.ts';

/** How long an answer waits for its page, which is made within seconds unless a version is very large. */
const REDIAGNOSIS_TIME = 120_000;

/** Diagnoses versions once more, from the one that is asked for on: the engines are with the worker. */
export async function rediagnose(
  pool: pg.Pool,
  client: Client,
  asked: RediagnosisAsked,
): Promise<RediagnosisPage> {
  const current = await currentSitrep(pool);
  if (!current) throw noSuchSitrep('current');
  if (asked.from > current.version) throw noSuchSitrep({ version: asked.from });
  return runOnDemand<RediagnosisAsked, RediagnosisPage>(client, {
    workflow: REDIAGNOSE,
    input: asked,
    summary: `From v${asked.from} on`,
    runTimeout: '5 minutes',
    what: 'diagnosis',
    milliseconds: REDIAGNOSIS_TIME,
  });
}
