import { Client, Connection } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import type pg from 'pg';
import { analysisActivities } from '../src/activities/analysis.ts';
import type { AnalysisRound } from '../src/model/analysis-workflow.ts';
import { makeCurrent } from '../src/store/make-current.ts';
import { markSeen } from '../src/store/mark-seen.ts';
import { rendezvous } from '../src/store/rendezvous.ts';
import { insertSitrep } from '../src/store/sitrep-insert.ts';
import { KEEP_ALL } from './commit.ts';

/** One analysis, as a worker runs it, and nothing of Temporal around it. */
export function analyse(pool: pg.Pool): Promise<AnalysisRound> {
  // It is only asked for help when there are too many sitreps.
  const client = new Client({ connection: Connection.lazy() });
  return new MockActivityEnvironment().run(analysisActivities(pool, client, []).analyse, Date.now(), 0);
}

/** Analyses until that makes no difference, and does with each sitrep what its lifecycle would. */
export async function analyseAll(pool: pg.Pool): Promise<void> {
  for (;;) {
    const round = await analyse(pool);
    if (round.kind === 'unchanged') return;
    if (round.kind !== 'changed') throw new Error(`An analysis came to ${round.kind}.`);
    const { sitrepId, digest, parentId } = round.start;
    await insertSitrep(pool, sitrepId, digest);
    const { kind } = await makeCurrent(pool, sitrepId, parentId, KEEP_ALL);
    if (kind !== 'current') throw new Error(`Not current, but ${kind}.`);
    await rendezvous(pool, sitrepId);
    await markSeen(pool, sitrepId);
  }
}
