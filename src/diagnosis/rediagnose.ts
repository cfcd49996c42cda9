import type { CaseDocument, SitrepDocument } from '../model/sitrep.ts';
import { diagnose } from './diagnose.ts';
import type { Engine } from './engine.ts';
import type { AnalysisInputs } from './inputs.ts';
import type { AnalysisReport } from './report.ts';
import { underSameNames } from './same-names.ts';

export interface Rediagnosis {
  /** What would be believed: the parent's cases where no sitrep would be made at all. */
  cases: CaseDocument[];
  report: AnalysisReport;
}

/** What these engines would have made of the inputs of a sitrep, under its names, so that the two can be compared. */
export function rediagnose(
  inputs: AnalysisInputs,
  before: SitrepDocument,
  engines: readonly Engine[],
): Rediagnosis {
  const { document, report } = diagnose(inputs, engines);
  const parent = inputs.parent?.cases ?? [];
  return { cases: document ? underSameNames(document, before, parent) : parent, report };
}
