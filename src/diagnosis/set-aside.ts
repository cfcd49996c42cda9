import type { CaseDocument } from '../model/sitrep.ts';
import { classMatcher } from './class-matcher.ts';
import { type Ereport, ereportKey } from './ereport.ts';
import type { AnalysisReport, EreportInReport, SetAside } from './report.ts';
import type { Ran } from './run-engine.ts';

/** Engines that are named with what they had against an ereport: a hundred rules may all say the same of each. */
const MAX_REASONS = 10;

/**
 * What becomes of the new ereports that are in no case: no sitrep will mark them as seen, so whoever called has to, or
 * they would be read again by each analysis for ever. Not those of an engine that failed: mended, it may read them.
 */
export function setAside(
  newEreports: readonly Ereport[],
  cases: readonly CaseDocument[],
  ran: readonly Ran[],
): Pick<AnalysisReport, 'notUnderstood' | 'ignored' | 'undecided'> {
  const inCases = new Set(cases.flatMap(({ ereports }) => ereports.map(ereportKey)));
  const mayYetRead = classMatcher(
    ran.filter(({ error }) => error !== null).flatMap(({ engine }) => engine.classes),
  );
  const notUnderstood: SetAside[] = [];
  const ignored: SetAside[] = [];
  const undecided: EreportInReport[] = [];
  for (const ereport of newEreports) {
    const key = ereportKey(ereport);
    if (inCases.has(key)) continue;
    const inReport = { restartId: ereport.restartId, ena: ereport.ena, class: ereport.class };
    const why = reasons(ran, ({ result }) => result.ignored.get(key));
    if (ereport.class !== null && mayYetRead(ereport.class)) undecided.push(inReport);
    else if (why.length > 0) ignored.push({ ...inReport, because: why });
    else {
      const because = reasons(ran, ({ result }) => result.notUnderstood.get(key));
      notUnderstood.push({ ...inReport, because });
    }
  }
  return { notUnderstood, ignored, undecided };
}

function reasons(ran: readonly Ran[], whyOf: (one: Ran) => string | undefined): SetAside['because'] {
  const all = ran.flatMap((one) => {
    const why = whyOf(one);
    return why === undefined ? [] : [{ engine: one.engine.name, why }];
  });
  return all.slice(0, MAX_REASONS);
}
