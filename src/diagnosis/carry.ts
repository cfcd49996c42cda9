import type { CaseDocument } from '../model/sitrep.ts';
import { type EreportId, ereportKey } from './ereport.ts';
import type { AnalysisInputs } from './inputs.ts';
import type { OutstandingCase } from './report.ts';

/** What becomes of the parent's cases before any engine has looked at them. */
export interface Carried {
  open: CaseDocument[];
  /** Closed, but not done with. */
  outstanding: { carried: CaseDocument; because: OutstandingCase }[];
  dropped: CaseDocument[];
}

/**
 * Open cases are carried. A closed one is carried until the rendezvous has marked each of its ereports as seen, else
 * they would come back as new ones and open it once more, and until each alert it asks for has its marker, else a
 * request that was overtaken by the next sitrep would never be met.
 */
export function carry({ parent, unmarked, metRequests }: AnalysisInputs): Carried {
  const pending = new Set(unmarked.map(ereportKey));
  const met = new Set(metRequests);
  const carried: Carried = { open: [], outstanding: [], dropped: [] };
  for (const oneCase of parent?.cases ?? []) {
    if (!oneCase.closed) {
      carried.open.push(oneCase);
      continue;
    }
    const because = {
      id: oneCase.id,
      unmarkedEreports: oneCase.ereports.filter((one) => pending.has(ereportKey(one))).map(idOf),
      unmetRequests: oneCase.alertRequests.map(({ id }) => id).filter((id) => !met.has(id)),
    };
    const isDone = because.unmarkedEreports.length === 0 && because.unmetRequests.length === 0;
    if (isDone) carried.dropped.push(oneCase);
    else carried.outstanding.push({ carried: oneCase, because });
  }
  return carried;
}

function idOf({ restartId, ena }: EreportId): EreportId {
  return { restartId, ena };
}
