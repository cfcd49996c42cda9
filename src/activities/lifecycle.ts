import { activityInfo } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { LifecycleInput } from '../model/lifecycle.ts';
import type { Settings } from '../model/settings.ts';
import { leavesMoreToDo } from '../store/analysis.ts';
import { type MakeCurrentOutcome, makeCurrent } from '../store/make-current.ts';
import { markSeen } from '../store/mark-seen.ts';
import {
  AFTER_WHAT_IS_MET,
  type RendezvousCursor,
  type RendezvousOutcome,
  rendezvous,
} from '../store/rendezvous.ts';
import { deleteSitreps } from '../store/sitrep-delete.ts';
import { type InsertOutcome, insertSitrep } from '../store/sitrep-insert.ts';
import { discardSubmission } from '../store/submission.ts';
import { callForAnalysis } from './call-for-analysis.ts';
import { configurationReader, keptVersions } from './configuration.ts';
import { dispatch } from './dispatch.ts';
import { withHeartbeats } from './heartbeat.ts';

/** The outcome of the compare-and-swap; a loser hears how long it stays to be looked at. */
export type Standing =
  | Exclude<MakeCurrentOutcome, { kind: 'parentNotCurrent' }>
  | { kind: 'orphaned'; graceMs: number };

/** `kept`: it is in history, so whoever asked for its deletion was too early. */
export type CollectOutcome = 'collected' | 'kept';

/** The steps of one sitrep's life. Each may run twice, late, or beside itself: the store makes that right. */
export function lifecycleActivities(pool: pg.Pool, client: Client, settings: Settings) {
  const configuration = configurationReader(pool);
  return {
    insertSitrep({ sitrepId, digest }: LifecycleInput): Promise<InsertOutcome> {
      return withHeartbeats(() => insertSitrep(pool, sitrepId, digest));
    },

    async makeCurrent(sitrepId: string, parentId: string | null): Promise<Standing> {
      const outcome = await withHeartbeats(async () =>
        makeCurrent(pool, sitrepId, parentId, await keptVersions(settings, configuration)),
      );
      if (outcome.kind !== 'parentNotCurrent') return outcome;
      // Counted from the insert, so that a lifecycle that is run again doesn't begin a new grace period.
      const left = settings.SITREP_ORPHAN_GRACE_SECONDS - (outcome.ageSeconds ?? Number.POSITIVE_INFINITY);
      return { kind: 'orphaned', graceMs: Math.max(0, Math.ceil(left * 1000)) };
    },

    rendezvous(sitrepId: string): Promise<RendezvousOutcome> {
      const start = (activityInfo().heartbeatDetails as RendezvousCursor | undefined) ?? AFTER_WHAT_IS_MET;
      return withHeartbeats(async (progress) => {
        const outcome = await rendezvous(pool, sitrepId, start, progress);
        // Whatever this attempt made itself: one before it may have made alerts that nobody has been told of.
        await dispatch(pool, client);
        await markSeen(pool, sitrepId, { onChunk: () => progress(AFTER_WHAT_IS_MET) });
        if (outcome.kind === 'met' && (await leavesMoreToDo(pool, sitrepId))) {
          await callForAnalysis(client, configuration);
        }
        return outcome;
      });
    },

    discardSubmission({ sitrepId, digest }: LifecycleInput): Promise<void> {
      return withHeartbeats(() => discardSubmission(pool, sitrepId, digest));
    },

    async collectSitrep(sitrepId: string): Promise<CollectOutcome> {
      const { refused } = await withHeartbeats(() =>
        deleteSitreps(pool, [{ id: sitrepId, lifecycleOpen: true }]),
      );
      return refused.length === 0 ? 'collected' : 'kept';
    },
  };
}
