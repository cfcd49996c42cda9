import { patched, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { TendActivities } from '../activities/index.ts';
import type { TendReport } from '../model/lifecycle.ts';
import { ACTIVITY } from './activity-options.ts';

const { reconcileHead } = proxyActivities<TendActivities>({
  ...ACTIVITY,
  summary: 'Make alerts that the head still lacks, and mark its ereports as seen',
});
const { tellReceivers } = proxyActivities<TendActivities>({
  ...ACTIVITY,
  summary: 'Tell receivers of alerts that they have not been told of',
});
const { pruneHistory } = proxyActivities<TendActivities>({
  ...ACTIVITY,
  summary: 'Release versions beyond the limit from history',
});
const { sweepSitreps } = proxyActivities<TendActivities>({
  ...ACTIVITY,
  summary: 'Signal lifecycles that wait in vain, delete sitreps that have none',
});
const { collectSubmissions } = proxyActivities<TendActivities>({
  ...ACTIVITY,
  summary: 'Delete submissions that were left over',
});
const { collectMarkers } = proxyActivities<TendActivities>({
  ...ACTIVITY,
  summary: 'Delete markers of requests that the head no longer makes',
});

const { lookAfterAnalysis } = proxyActivities<TendActivities>({
  ...ACTIVITY,
  summary: 'Delete records of analyses that came to nothing; see to it that the analysis runs',
});

const { forgetAccess } = proxyActivities<TendActivities>({
  ...ACTIVITY,
  summary: 'Delete entries of the audit log, and expired tokens, that were kept for their time',
});

/** Heals what crashes, lost signals and terminated lifecycles leave behind. Run by a schedule, or on demand. */
export async function tend({ dryRun }: { dryRun: boolean }): Promise<TendReport> {
  const { thorough, alertsMade, ereportsMarked } = await reconcileHead(dryRun);
  const { alertsDispatched, receiversWoken } = await tellReceivers(dryRun, alertsMade);
  const versionsPruned = await pruneHistory(dryRun);
  const { signalsSent, sitrepsDeleted } = await sweepSitreps(dryRun);
  const submissionsDeleted = await collectSubmissions(dryRun);
  const markersDeleted = await collectMarkers(dryRun);
  const { analysesDeleted, analysisStarted } = await lookAfterAnalysis(dryRun, sitrepsDeleted);
  const { auditDeleted, tokensDeleted } = patched('forget-access')
    ? await forgetAccess(dryRun)
    : { auditDeleted: NOTHING, tokensDeleted: NOTHING };
  const found = {
    alertsMade,
    ereportsMarked,
    alertsDispatched,
    receiversWoken,
    versionsPruned,
    signalsSent,
    sitrepsDeleted,
    submissionsDeleted,
    markersDeleted,
    analysesDeleted,
    analysisStarted,
    auditDeleted,
    tokensDeleted,
  };
  setCurrentDetails(
    Object.entries(found)
      .map(([kind, { count }]) => `- ${kind}: ${count}`)
      .join('\n'),
  );
  return { dryRun, thorough, found };
}

const NOTHING = { count: 0, ids: [] };
