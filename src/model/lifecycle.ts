/**
 * The words that the API, the workflows and the activities share about one sitrep's life. No zod here:
 * workflow code imports this file into its sandbox, where zod would cost a megabyte a cached workflow.
 */

export const TASK_QUEUE = 'sitrep';

/** States that the tables can tell. `refused` and `collected` exist in Temporal only. */
export const STORED_STATES = [
  'submitted',
  'inserted',
  'current',
  'superseded',
  'released',
  'orphaned',
] as const;
export type StoredState = (typeof STORED_STATES)[number];
export type SitrepState = StoredState | 'collected' | 'refused';

export const LIFECYCLE = 'sitrepLifecycle';
const WORKFLOW_PREFIX = 'sitrep:';

export function workflowIdOf(sitrepId: string): string {
  return `${WORKFLOW_PREFIX}${sitrepId}`;
}

/** The sitrep whose lifecycle this is; null for any other workflow. */
export function sitrepIdOf(workflowId: string): string | null {
  return workflowId.startsWith(WORKFLOW_PREFIX) ? workflowId.slice(WORKFLOW_PREFIX.length) : null;
}

/** Ids and digests only: the document waits in Postgres, since payloads through Temporal are capped. */
export interface LifecycleInput {
  sitrepId: string;
  digest: string;
}

/** What Temporal is told of a sitrep when its life begins: enough to recognise it, never its document. */
export interface LifecycleStart extends LifecycleInput {
  parentId: string | null;
  creator: string;
  summary: string;
}

export const DECISION_UPDATE = 'decision';
export const SUPERSEDED_SIGNAL = 'superseded';
export const RELEASED_SIGNAL = 'released';

/** What came of a submission, once it is known. */
export type Decision =
  | { kind: 'current'; version: number }
  /** Was current once; a lifecycle that is run again so late finds it released from history. */
  | { kind: 'released' }
  | { kind: 'orphaned' }
  | { kind: 'refused'; refusal: Refusal };

export type Refusal =
  | { kind: 'sitrepIdReused' }
  | { kind: 'parentNotCurrent' }
  | { kind: 'requestIdUsed'; requestIds: string[]; count: number }
  | { kind: 'invalid'; faults: { pointer: string; detail: string }[] }
  | { kind: 'submissionGone' }
  | { kind: 'sitrepGone' };

/** How a lifecycle ended. */
export interface LifecycleResult {
  state: 'collected';
  was: 'released' | 'orphaned';
  version: number | null;
}

export const TEND = 'tend';
export const TEND_SCHEDULE = 'tend';

/** What one pass of `tend` found, and (unless it was a dry run) mended. */
export interface TendReport {
  dryRun: boolean;
  /** Whether this pass looked at all requests of the head, whatever is remembered as met. */
  thorough: boolean;
  found: Record<TendKind, Found>;
}
export interface Found {
  count: number;
  /** The first 100. */
  ids: string[];
}
export const TEND_KINDS = {
  alertsMade: 'requests of the head that had caused no alert yet',
  ereportsMarked: 'ereports in cases of the head that were not marked as seen yet',
  alertsDispatched: 'alerts that no receiver had been told of',
  receiversWoken: 'receivers that slept over a delivery that was due',
  versionsPruned: 'versions beyond the limit, released from history',
  signalsSent: 'open lifecycles that had missed a signal',
  sitrepsDeleted: 'sitreps that no open lifecycle would have deleted',
  submissionsDeleted: 'submissions that were left over',
  markersDeleted: 'markers of requests that the head no longer makes',
  analysesDeleted: 'records of analyses whose sitrep is gone, or never came to be',
  analysisStarted: 'the analysis, which did not run',
  auditDeleted: 'entries of the audit log that were kept for their time',
  tokensDeleted: 'tokens that expired long ago',
} as const;
export type TendKind = keyof typeof TEND_KINDS;
