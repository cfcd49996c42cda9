import type { EreportId, ReporterRestart } from './ereport.ts';

/**
 * The inputs of an analysis, as they are kept beside the sitrep that it made (`fm_analysis.inputs`). Ereports stand here
 * by their names and the parent by its id, for what is stored under these never changes.
 */
export interface StoredInputs {
  time: string;
  parentId: string | null;
  arrived: EreportId[];
  /** Ereports of the parent's open cases that the service did not have; it may have them now. */
  missing: EreportId[];
  unmarked: EreportId[];
  metRequests: string[];
  restarts: ReporterRestart[];
  /** What the engines were configured with; 0: the defaults. */
  configurationVersion: number;
}
