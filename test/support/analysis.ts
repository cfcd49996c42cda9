import type pg from 'pg';
import type { AnalysisReport } from '../../src/diagnosis/report.ts';
import type { StoredInputs } from '../../src/diagnosis/stored-inputs.ts';
import type { AnalysisInputsView, AnalysisReportView } from '../../src/model/analysis-report.ts';

/** Inputs of an analysis that had nothing to see. */
export function storedInputs(fields: Partial<StoredInputs> = {}): StoredInputs {
  return {
    time: '2026-11-20T12:00:00.000Z',
    parentId: null,
    arrived: [],
    missing: [],
    unmarked: [],
    metRequests: [],
    restarts: [],
    configurationVersion: 0,
    ...fields,
  };
}

export function aReport(sitrepId: string, fields: Partial<AnalysisReport> = {}): AnalysisReport {
  return {
    sitrepId,
    outcome: 'changed',
    inputs: {
      time: '2026-11-20T12:00:00.000Z',
      parentId: null,
      newEreports: [],
      openCases: [],
      closedCasesCarried: [],
      closedCasesDropped: [],
      casesWithoutEngine: [],
    },
    engines: [],
    cases: [],
    notUnderstood: [],
    ignored: [],
    undecided: [],
    ...fields,
  };
}

/** Keeps an analysis as the one that made this sitrep. That these are what is shown is for the compiler to check. */
export async function keepAnalysis(
  pool: pg.Pool,
  sitrepId: string,
  inputs: StoredInputs & AnalysisInputsView = storedInputs(),
  report: AnalysisReport & AnalysisReportView = aReport(sitrepId),
): Promise<void> {
  await pool.query('INSERT INTO fm_analysis (sitrep_id, inputs, report) VALUES ($1, $2, $3)', [
    sitrepId,
    JSON.stringify(inputs),
    JSON.stringify(report),
  ]);
}
