import type pg from 'pg';
import type { Refusal } from '../model/lifecycle.ts';
import { Problem } from '../model/problem.ts';
import { currentSitrep } from '../store/sitrep-read.ts';
import { invalidSitrep } from './document.ts';

/** What is known of a submission when it is refused. */
export interface Refused {
  sitrepId: string;
  parentId: string | null;
}

/** Says a refusal as a problem. */
export async function refusalProblem(pool: pg.Pool, refused: Refused, refusal: Refusal): Promise<Problem> {
  const { sitrepId } = refused;
  switch (refusal.kind) {
    case 'parentNotCurrent':
      return parentNotCurrent(pool, refused);
    case 'invalid':
      return invalidSitrep(refusal.faults);
    case 'sitrepIdReused': {
      const detail = `Another document was submitted as ${sitrepId}. A new sitrep needs a new id.`;
      return new Problem('sitrep-id-reused', detail, { sitrepId });
    }
    case 'requestIdUsed': {
      const { requestIds, count } = refusal;
      const detail = `Alerts were requested under these ids before: ${requestIds.slice(0, 3).join(', ')}${
        count > 3 ? ` and ${count - 3} more` : ''
      }. A new request needs a new id.`;
      return new Problem('request-id-used', detail, { sitrepId, requestIds, count });
    }
    case 'submissionGone': {
      const detail = `The document of ${sitrepId} went away while its lifecycle began. Submit it again.`;
      return new Problem('unavailable', detail, { sitrepId });
    }
    case 'sitrepGone': {
      const detail = `The sitrep ${sitrepId} was deleted before it was decided. It may be submitted again.`;
      return new Problem('sitrep-gone', detail, { sitrepId });
    }
  }
}

/** Names the current sitrep, so that the submitter knows where to go on. */
export async function parentNotCurrent(pool: pg.Pool, { sitrepId, parentId }: Refused): Promise<Problem> {
  const current = await currentSitrep(pool);
  const parent = parentId === null ? 'The document has no parent' : `The parent is ${parentId}`;
  const now = current
    ? `current is ${current.id}, version ${current.version}`
    : 'there is no current sitrep yet';
  return new Problem('parent-not-current', `${parent}; ${now}.`, { sitrepId, current });
}
