import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { Found } from '../model/lifecycle.ts';
import type { Settings } from '../model/settings.ts';
import { verificationDue } from '../store/leftover.ts';
import { callForAnalysis } from './call-for-analysis.ts';
import { configurationReader } from './configuration.ts';
import { dispatch } from './dispatch.ts';
import { withHeartbeats } from './heartbeat.ts';
import * as steps from './tend-steps.ts';

/** The steps of `tend`, each an activity. */
export function tendActivities(pool: pg.Pool, client: Client, settings: Settings) {
  const configuration = configurationReader(pool);
  function step<Report>(work: (tending: steps.Tending) => Promise<Report>): Promise<Report> {
    return withHeartbeats((progress) =>
      work({
        pool,
        client,
        settings,
        configuration,
        patienceSeconds: 0,
        dispatch: () => dispatch(pool, client),
        callForAnalysis: () => callForAnalysis(client, configuration),
        progress,
      }),
    );
  }
  return {
    /** Once a day without trusting what is remembered as met. */
    reconcileHead: (dryRun: boolean) =>
      step(async (tending) => steps.reconcileHead(tending, dryRun, await verificationDue(pool))),
    tellReceivers: (dryRun: boolean, alertsMade: Found) =>
      step((tending) => steps.tellReceivers(tending, dryRun, alertsMade)),
    pruneHistory: (dryRun: boolean) => step((tending) => steps.pruneHistory(tending, dryRun)),
    sweepSitreps: (dryRun: boolean) => step((tending) => steps.sweepSitreps(tending, dryRun)),
    collectSubmissions: (dryRun: boolean) => step((tending) => steps.collectSubmissions(tending, dryRun)),
    collectMarkers: (dryRun: boolean) => step((tending) => steps.collectMarkers(tending, dryRun)),
    lookAfterAnalysis: (dryRun: boolean, sitrepsDeleted: Found) =>
      step((tending) => steps.lookAfterAnalysis(tending, dryRun, sitrepsDeleted)),
    forgetAccess: (dryRun: boolean) => step((tending) => steps.forgetAccess(tending, dryRun)),
  };
}
