import type { Client } from '@temporalio/client';
import type pg from 'pg';
import { ANALYSIS } from '../model/analysis-workflow.ts';
import { type Found, workflowIdOf } from '../model/lifecycle.ts';
import type { Settings } from '../model/settings.ts';
import { deleteAnalyses, leftoverAnalyses } from '../store/analysis.ts';
import { deleteAudit, oldAudit } from '../store/audit.ts';
import { undispatchedAlerts } from '../store/dispatch.ts';
import { prunableSitreps, pruneHistory as pruneSome } from '../store/history-prune.ts';
import {
  deleteOldSubmission,
  type OldSubmission,
  oldSubmissions,
  recordVerification,
  unmetRequests,
} from '../store/leftover.ts';
import { markableEreports, markSeen } from '../store/mark-seen.ts';
import { collectableMarkers, collectMarkers as deleteMarkers } from '../store/marker.ts';
import { overdueReceivers } from '../store/receiver-health.ts';
import { AFTER_WHAT_IS_MET, FROM_THE_START, rendezvous } from '../store/rendezvous.ts';
import { deleteTokens, longExpiredTokens } from '../store/token.ts';
import { wakeReceiver } from '../webhook/wake-receiver.ts';
import { type ConfigurationReader, keptVersions } from './configuration.ts';
import { add, foundNothing, NAMED_IDS, note } from './found.ts';
import { lifecycleStanding, mapBounded } from './lifecycle-standing.ts';
import { type Swept, sweepSitreps as sweep } from './sweep-sitreps.ts';

/** Submissions younger than this may still be on their way to their lifecycle. */
export const SUBMISSION_SECONDS = 3600;
/** A delivery that is due for longer than this should have been sent. */
export const OVERDUE_SECONDS = 60;
const PAGE = 500;
/** A dry run counts no further. */
const COUNTED = 1_000_000;

/** What a step works with, whoever takes it: an activity of `tend`, or the doctor. */
export interface Tending {
  pool: pg.Pool;
  client: Client;
  settings: Settings;
  configuration: ConfigurationReader;
  /** What has been as it is for a shorter time is taken to be on its way still. */
  patienceSeconds: number;
  /** Makes the deliveries of alerts that have none, and wakes who sends them. */
  dispatch(): Promise<void>;
  callForAnalysis(): Promise<void>;
  /** Hears what has been done so far, and may throw to end the step there. */
  progress(details: unknown): void;
}

/** What was found of alerts that were made, and not told. */
export interface Told {
  alertsDispatched: Found;
  receiversWoken: Found;
}

/** What was found of what the head lacked. */
export interface Reconciled {
  thorough: boolean;
  alertsMade: Found;
  ereportsMarked: Found;
}

/** What was found of the analysis. */
export interface LookedAfter {
  analysesDeleted: Found;
  analysisStarted: Found;
}

/** What was found of who was let in, and what they did. */
export interface Forgotten {
  auditDeleted: Found;
  tokensDeleted: Found;
}

// Each step says what it found; a dry run only looks.

/** Meets what the head requests; when it is thorough, without trusting what is remembered as met. */
export async function reconcileHead(
  { pool, patienceSeconds, progress }: Tending,
  dryRun: boolean,
  thorough: boolean,
): Promise<Reconciled> {
  const unmet = await unmetRequests(pool, thorough, NAMED_IDS, patienceSeconds);
  if (!unmet) return { thorough, alertsMade: foundNothing(), ereportsMarked: foundNothing() };
  const unmarked = () => markableEreports(pool, thorough, NAMED_IDS, patienceSeconds);
  if (dryRun) {
    const alertsMade = { count: unmet.count, ids: unmet.ids };
    return { thorough, alertsMade, ereportsMarked: await unmarked() };
  }
  const start = thorough ? FROM_THE_START : AFTER_WHAT_IS_MET;
  const outcome = await rendezvous(pool, unmet.sitrepId, start, progress);
  const { ids } = await unmarked();
  const marking = await markSeen(pool, unmet.sitrepId, {
    thorough,
    onChunk: () => progress(AFTER_WHAT_IS_MET),
  });
  if (thorough && outcome.kind === 'met' && marking.kind === 'marked') await recordVerification(pool);
  return {
    thorough,
    alertsMade: { count: outcome.created, ids: unmet.ids.slice(0, outcome.created) },
    ereportsMarked: { count: marking.marked, ids: ids.slice(0, marking.marked) },
  };
}

/** Tells receivers of alerts that they have not been told of, and wakes those that slept over a delivery. */
export async function tellReceivers(
  { pool, client, patienceSeconds, dispatch }: Tending,
  dryRun: boolean,
  alertsMade: Found,
): Promise<Told> {
  const alertsDispatched = await undispatchedAlerts(pool, NAMED_IDS, patienceSeconds);
  // Those that a dry run has only found are not there to be seen.
  if (dryRun) add(alertsDispatched, alertsMade);
  const overdue = await overdueReceivers(pool, OVERDUE_SECONDS);
  if (!dryRun) {
    // Also when there is nothing left to dispatch: an attempt before this one may not have got to wake anybody.
    await dispatch();
    for (const receiver of overdue) await wakeReceiver(client, receiver);
  }
  return { alertsDispatched, receiversWoken: note(foundNothing(), overdue) };
}

export async function pruneHistory(
  { pool, settings, configuration, progress }: Tending,
  dryRun: boolean,
): Promise<Found> {
  const found = foundNothing();
  const keep = await keptVersions(settings, configuration);
  if (dryRun) return note(found, await prunableSitreps(pool, keep));
  for (;;) {
    const released = await pruneSome(pool, keep, PAGE);
    note(found, released);
    if (released.length < PAGE) return found;
    progress(found);
  }
}

export async function sweepSitreps(tending: Tending, dryRun: boolean): Promise<Swept> {
  const { pool, client, settings, configuration, patienceSeconds, progress } = tending;
  const keepVersions = await keptVersions(settings, configuration);
  const bounds = { keepVersions, graceSeconds: settings.SITREP_ORPHAN_GRACE_SECONDS, patienceSeconds };
  return sweep(pool, client, bounds, dryRun, progress);
}

/** Deletes submissions that no lifecycle will insert. */
export async function collectSubmissions(
  { pool, client, progress }: Tending,
  dryRun: boolean,
): Promise<Found> {
  const found = foundNothing();
  let after: OldSubmission | null = null;
  for (;;) {
    const page: OldSubmission[] = await oldSubmissions(pool, SUBMISSION_SECONDS, after, PAGE);
    const gone = await mapBounded(page, async (submission) => {
      if (!submission.sitrepExists) {
        const { open } = await lifecycleStanding(client, workflowIdOf(submission.id));
        if (open) return false;
      }
      return dryRun || deleteOldSubmission(pool, submission);
    });
    note(
      found,
      page.filter((_, index) => gone[index]).map(({ id }) => id),
    );
    after = page.at(-1) ?? null;
    if (page.length < PAGE) return found;
    progress(found);
  }
}

/** Deletes markers of requests that the head doesn't make: nothing can ask for those alerts again. */
export async function collectMarkers({ pool, progress }: Tending, dryRun: boolean): Promise<Found> {
  if (dryRun) return collectableMarkers(pool, NAMED_IDS);
  const found = foundNothing();
  await deleteMarkers(pool, (deleted) => progress(note(found, deleted)));
  return found;
}

/** Deletes records of analyses that came to nothing, and sees to it that the analysis runs, and goes on. */
export async function lookAfterAnalysis(
  { pool, client, configuration, callForAnalysis, progress }: Tending,
  dryRun: boolean,
  sitrepsDeleted: Found,
): Promise<LookedAfter> {
  const analysesDeleted = await sweepPages(
    (limit) => leftoverAnalyses(pool, SUBMISSION_SECONDS, limit),
    (ids) => deleteAnalyses(pool, SUBMISSION_SECONDS, ids),
    dryRun,
    progress,
  );
  const analysisStarted = foundNothing();
  if ((await configuration()).configuration.analysisEnabled) {
    const { open } = await lifecycleStanding(client, ANALYSIS);
    if (!open) note(analysisStarted, [ANALYSIS]);
    // It may have waited for room.
    if (!dryRun && (!open || sitrepsDeleted.count > 0)) await callForAnalysis();
  }
  return { analysesDeleted, analysisStarted };
}

/** Deletes entries of the audit log, and expired tokens, that were kept for as long as they are to be. */
export async function forgetAccess(
  { pool, settings, progress }: Tending,
  dryRun: boolean,
): Promise<Forgotten> {
  const days = settings.SITREP_AUDIT_DAYS;
  const auditDeleted = await sweepPages(
    (limit) => oldAudit(pool, days, limit),
    (ids) => deleteAudit(pool, ids),
    dryRun,
    progress,
  );
  const tokensDeleted = await sweepPages(
    (limit) => longExpiredTokens(pool, days, limit),
    (ids) => deleteTokens(pool, ids),
    dryRun,
    progress,
  );
  return { auditDeleted, tokensDeleted };
}

/** Deletes what is found, page by page, until there is no more; a dry run only counts. */
async function sweepPages(
  find: (limit: number) => Promise<string[]>,
  remove: (ids: string[]) => Promise<string[]>,
  dryRun: boolean,
  progress: Tending['progress'],
): Promise<Found> {
  const found = foundNothing();
  if (dryRun) return note(found, await find(COUNTED));
  for (;;) {
    const page = await find(PAGE);
    note(found, await remove(page));
    if (page.length < PAGE) return found;
    progress(found);
  }
}
