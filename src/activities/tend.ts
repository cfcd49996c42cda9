import type { Client } from '@temporalio/client';
import type pg from 'pg';
import { ANALYSIS } from '../model/analysis-workflow.ts';
import { type Found, workflowIdOf } from '../model/lifecycle.ts';
import type { Settings } from '../model/settings.ts';
import { deleteAnalyses, leftoverAnalyses } from '../store/analysis.ts';
import { undispatchedAlerts } from '../store/dispatch.ts';
import { prunableSitreps, pruneHistory } from '../store/history-prune.ts';
import {
  deleteOldSubmission,
  type OldSubmission,
  oldSubmissions,
  recordVerification,
  unmetRequests,
  verificationDue,
} from '../store/leftover.ts';
import { markableEreports, markSeen } from '../store/mark-seen.ts';
import { collectableMarkers, collectMarkers } from '../store/marker.ts';
import { overdueReceivers } from '../store/receiver-health.ts';
import { AFTER_WHAT_IS_MET, FROM_THE_START, rendezvous } from '../store/rendezvous.ts';
import { wakeReceiver } from '../webhook/wake-receiver.ts';
import { callForAnalysis } from './call-for-analysis.ts';
import { configurationReader, keptVersions } from './configuration.ts';
import { dispatch } from './dispatch.ts';
import { add, foundNothing, NAMED_IDS, note } from './found.ts';
import { withHeartbeats } from './heartbeat.ts';
import { lifecycleStanding, mapBounded } from './lifecycle-standing.ts';
import { type Swept, sweepSitreps } from './sweep-sitreps.ts';

/** Submissions younger than this may still be on their way to their lifecycle. */
const SUBMISSION_SECONDS = 3600;
/** A delivery that is due for longer than this should have been sent. */
const OVERDUE_SECONDS = 60;
const PAGE = 500;
/** A dry run counts no further. */
const COUNTED = 1_000_000;

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

/** The steps of `tend`. Each says what it found; a dry run only looks. */
export function tendActivities(pool: pg.Pool, client: Client, settings: Settings) {
  const configuration = configurationReader(pool);
  return {
    /** Meets what the head requests; once a day without trusting what is remembered as met. */
    async reconcileHead(dryRun: boolean): Promise<Reconciled> {
      return withHeartbeats(async (progress) => {
        const thorough = await verificationDue(pool);
        const unmet = await unmetRequests(pool, thorough, NAMED_IDS);
        if (!unmet) return { thorough, alertsMade: foundNothing(), ereportsMarked: foundNothing() };
        const unmarked = () => markableEreports(pool, thorough, NAMED_IDS);
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
      });
    },

    /** Tells receivers of alerts that they have not been told of, and wakes those that slept over a delivery. */
    async tellReceivers(dryRun: boolean, alertsMade: Found): Promise<Told> {
      return withHeartbeats(async () => {
        const alertsDispatched = await undispatchedAlerts(pool, NAMED_IDS);
        // Those that a dry run has only found are not there to be seen.
        if (dryRun) add(alertsDispatched, alertsMade);
        const overdue = await overdueReceivers(pool, OVERDUE_SECONDS);
        if (!dryRun) {
          // Also when there is nothing left to dispatch: an attempt before this one may not have got to wake anybody.
          await dispatch(pool, client);
          for (const receiver of overdue) await wakeReceiver(client, receiver);
        }
        return { alertsDispatched, receiversWoken: note(foundNothing(), overdue) };
      });
    },

    async pruneHistory(dryRun: boolean): Promise<Found> {
      const found = foundNothing();
      return withHeartbeats(async (progress) => {
        const keep = await keptVersions(settings, configuration);
        if (dryRun) return note(found, await prunableSitreps(pool, keep));
        for (;;) {
          const released = await pruneHistory(pool, keep, PAGE);
          note(found, released);
          if (released.length < PAGE) return found;
          progress(found);
        }
      });
    },

    sweepSitreps(dryRun: boolean): Promise<Swept> {
      return withHeartbeats(async (progress) => {
        const keep = await keptVersions(settings, configuration);
        const bounds = { keepVersions: keep, graceSeconds: settings.SITREP_ORPHAN_GRACE_SECONDS };
        return sweepSitreps(pool, client, bounds, dryRun, progress);
      });
    },

    /** Deletes submissions that no lifecycle will insert. */
    async collectSubmissions(dryRun: boolean): Promise<Found> {
      const found = foundNothing();
      return withHeartbeats(async (progress) => {
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
      });
    },

    /** Deletes markers of requests that the head doesn't make: nothing can ask for those alerts again. */
    async collectMarkers(dryRun: boolean): Promise<Found> {
      const found = foundNothing();
      return withHeartbeats(async (progress) => {
        if (dryRun) return collectableMarkers(pool, NAMED_IDS);
        await collectMarkers(pool, (deleted) => progress(note(found, deleted)));
        return found;
      });
    },

    /** Deletes records of analyses that came to nothing, and sees to it that the analysis runs, and goes on. */
    async lookAfterAnalysis(dryRun: boolean, sitrepsDeleted: Found): Promise<LookedAfter> {
      const analysesDeleted = foundNothing();
      return withHeartbeats(async (progress) => {
        for (;;) {
          const page = await leftoverAnalyses(pool, SUBMISSION_SECONDS, dryRun ? COUNTED : PAGE);
          note(analysesDeleted, dryRun ? page : await deleteAnalyses(pool, SUBMISSION_SECONDS, page));
          if (dryRun || page.length < PAGE) break;
          progress(analysesDeleted);
        }
        const analysisStarted = foundNothing();
        if ((await configuration()).configuration.analysisEnabled) {
          const { open } = await lifecycleStanding(client, ANALYSIS);
          if (!open) note(analysisStarted, [ANALYSIS]);
          // It may have waited for room.
          if (!dryRun && (!open || sitrepsDeleted.count > 0)) await callForAnalysis(client, configuration);
        }
        return { analysesDeleted, analysisStarted };
      });
    },
  };
}
