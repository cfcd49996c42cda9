import type { LifecycleStart } from './lifecycle.ts';

/** The words that the API, the workflow of the analysis and its activities share. No zod here, as in lifecycle.ts. */

/** The type of the workflow, and its id: there is one. */
export const ANALYSIS = 'analysis';
export const WAKE_ANALYSIS_SIGNAL = 'wake';

/** How fast analyses follow upon each other, as configured. */
export interface AnalysisPace {
  /** So long the analysis waits for more of what woke it. */
  debounceMs: number;
  /** So long until the next one, if nothing wakes it. */
  intervalMs: number;
}

/** What one analysis came to. */
export type AnalysisRound = { pace: AnalysisPace } & (
  | { kind: 'off' }
  /** There are as many sitreps as there may be. */
  | { kind: 'full'; sitreps: number; limit: number }
  | ({ kind: 'unchanged' } & AnalysisRead)
  /** Its document is laid ready for its lifecycle. */
  | ({ kind: 'changed'; start: LifecycleStart } & AnalysisRead)
  /** What the engines made is no valid sitrep, so nothing of it counts. */
  | ({ kind: 'refused'; fault: string } & AnalysisRead)
);

export interface AnalysisRead {
  /** Ereports that were new to it. */
  read: number;
  /** Of these, what engines did not understand, what they ignored, and what has to be read again. */
  notUnderstood: number;
  ignored: number;
  undecided: number;
  /** Whether these were what an analysis before this one had left undecided. */
  again: boolean;
  /** Whether more waits to be read. */
  more: boolean;
  /** Engines that failed, and why; the first few. */
  failed: { engine: string; error: string }[];
}

export type HandedOver =
  | { kind: 'current'; version: number }
  /** Another sitrep became current in its place. */
  | { kind: 'lost' }
  /** For a reason that the next one may well meet again. */
  | { kind: 'refused'; because: string };

/** Ereports that one analysis reads at most. Its work and its memory are bounded, however many wait. */
export const READ_AT_MOST = 10_000;
