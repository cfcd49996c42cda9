import type { EreportId } from './ereport.ts';

/** What one analysis saw, and why it did what it did. Plain JSON, to be kept beside the sitrep. */
export interface AnalysisReport {
  /** The sitrep that was made, or would have been made, had the cases changed. */
  sitrepId: string;
  outcome: 'changed' | 'unchanged';
  inputs: InputsReport;
  engines: EngineReport[];
  /** Of the cases about which anything was logged. */
  cases: CaseReport[];
  /** New ereports that are in no case since no engine could make anything of them. */
  notUnderstood: SetAside[];
  /** New ereports that are in no case, and need none, as an engine said. */
  ignored: SetAside[];
  /** New ereports that are in no case, but an engine failed that might have read them: the next analysis has to. */
  undecided: EreportInReport[];
}

export interface InputsReport {
  time: string;
  parentId: string | null;
  newEreports: EreportId[];
  openCases: string[];
  closedCasesCarried: OutstandingCase[];
  closedCasesDropped: string[];
  /** Open cases that none of the engines owns; they are carried as they are. */
  casesWithoutEngine: string[];
}

/** A closed case, and why it could not be dropped. */
export interface OutstandingCase {
  id: string;
  unmarkedEreports: EreportId[];
  unmetRequests: string[];
}

export interface EngineReport {
  name: string;
  log: LogLine[];
  /** Why nothing of what the engine did counts; null when all is well. */
  error: string | null;
}

export interface CaseReport {
  id: string;
  engine: string;
  log: LogLine[];
}

export interface EreportInReport extends EreportId {
  class: string | null;
}

export interface SetAside extends EreportInReport {
  because: { engine: string; why: string }[];
}

export interface LogLine {
  level: 'info' | 'warning';
  event: string;
  values?: LogValues;
}
export type LogValues = Record<string, null | boolean | number | string | readonly string[]>;
