import type pg from 'pg';
import type { AnalysisView } from '../model/analysis-report.ts';
import { Problem } from '../model/problem.ts';
import { readAnalysis } from '../store/analysis-read.ts';
import type { SitrepRef } from '../store/sitrep-read.ts';

/** What is kept of the analysis that made a sitrep; a problem where nothing is, which says why. */
export async function analysisOf(pool: pg.Pool, ref: SitrepRef): Promise<AnalysisView> {
  const reading = await readAnalysis(pool, ref);
  switch (reading.kind) {
    case 'analysis':
      return reading.analysis;
    case 'notAnalysis':
      throw new Problem(
        'not-found',
        `The sitrep ${reading.sitrepId} was not made by analysis, so there is no report of it.`,
      );
    case 'noSitrep':
      throw noSuchSitrep(ref);
  }
}

export function noSuchSitrep(ref: SitrepRef): Problem {
  if (ref === 'current') {
    return new Problem(
      'not-found',
      'There is no current sitrep: the first one, with a null parent, is still to come.',
    );
  }
  const detail =
    'id' in ref
      ? `There is no sitrep ${ref.id}: it was never submitted, was refused, or has been collected.`
      : `There is no version ${ref.version}: history has not come so far, or it has been pruned.`;
  return new Problem('not-found', detail);
}
