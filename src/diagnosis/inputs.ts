import type { SitrepDocument } from '../model/sitrep.ts';
import type { Ereport, EreportId, ReporterRestart } from './ereport.ts';

/**
 * All that a diagnosis depends on. Each of these is stored or derived from what is stored, so that the same analysis
 * may be run again, after a crash or years later, and comes to the same document. The order of the lists means nothing.
 */
export interface AnalysisInputs {
  /** When what started the analysis happened: the only clock that engines have. */
  time: string;
  /** The sitrep that the next one will be a child of; null while there is no history. */
  parent: Pick<SitrepDocument, 'id' | 'cases'> | null;
  /** Ereports that are not marked as seen. Those that the parent's cases have already are not taken for new. */
  arrived: readonly Ereport[];
  /** The ereports of the parent's open cases, as far as the service has them. */
  assigned: readonly Ereport[];
  /** Of the ereports of the parent's cases, open and closed, those that are not marked as seen yet. */
  unmarked: readonly EreportId[];
  /** Of the alert requests of the parent's closed cases, those that have a marker. */
  metRequests: readonly string[];
  /** The restarts that the ereports come from. */
  restarts: readonly ReporterRestart[];
}
