import type { Client } from '@temporalio/client';
import { TEND, type TendReport } from '../model/lifecycle.ts';
import { runOnDemand } from './on-demand.ts';

/** How long an answer waits for the pass to end. A pass looks at every sitrep there is, so it may take a while. */
export const TEND_TIME = 120_000;

/** Runs one pass of `tend` now, beside the scheduled ones, and waits for its report. */
export function tend(client: Client, dryRun: boolean, milliseconds = TEND_TIME): Promise<TendReport> {
  return runOnDemand<{ dryRun: boolean }, TendReport>(client, {
    workflow: TEND,
    input: { dryRun },
    summary: dryRun ? 'On demand, a dry run' : 'On demand',
    runTimeout: '1 hour',
    what: 'pass',
    milliseconds,
  });
}
