import { foundNothing, note } from '../activities/found.ts';
import { lifecycleStanding, mapBounded } from '../activities/lifecycle-standing.ts';
import { Id } from '../model/id.ts';
import {
  type Found,
  LIFECYCLE,
  type SitrepState,
  type StoredState,
  sitrepIdOf,
  workflowIdOf,
} from '../model/lifecycle.ts';
import { sitrepStates } from '../store/sitrep-read.ts';
import { openWorkflows } from '../temporal/open-workflows.ts';
import { endRun } from './end-run.ts';
import type { Patient } from './patient.ts';

const REASON = 'The database is older than this lifecycle: it does not have its sitrep, or not decided.';

/**
 * Ends lifecycles that remember what the database doesn't know, since it was restored to an earlier time. They would wait
 * for ever: for a successor of a sitrep that is gone, or that is yet to be decided.
 */
export async function endLifecyclesAhead({ pool, client }: Patient, dryRun: boolean): Promise<Found> {
  const found = foundNothing();
  for await (const page of openWorkflows(client, LIFECYCLE)) {
    const ids = page.flatMap((id) => Id.safeParse(sitrepIdOf(id)).data ?? []);
    const stored = await sitrepStates(pool, ids);
    const suspects = ids.filter((id) => !wasCurrent(stored.get(id)));
    const ended = await mapBounded(suspects, async (id) => {
      const { open, runId, state } = await lifecycleStanding(client, workflowIdOf(id));
      if (!open || !isAhead(state, stored.get(id))) return false;
      // It may have come that far since the tables were asked; what they say now is from after it showed its state.
      const now = await sitrepStates(pool, [id]);
      if (!isAhead(state, now.get(id))) return false;
      return dryRun || endRun(client, workflowIdOf(id), runId, REASON);
    });
    note(
      found,
      suspects.filter((_, index) => ended[index]),
    );
  }
  return found;
}

function wasCurrent(stored: StoredState | undefined): boolean {
  return stored === 'current' || stored === 'superseded' || stored === 'released';
}

/**
 * Whether a lifecycle that shows this state waits in vain. One that shows another goes on by itself, and ends when it finds
 * its sitrep, or its submission, gone.
 */
function isAhead(shown: SitrepState | null, stored: StoredState | undefined): boolean {
  switch (shown) {
    case 'current':
    case 'superseded':
      return !wasCurrent(stored);
    case 'orphaned':
    case 'released':
      // It will delete what is not decided yet, or stumble over it.
      return stored === 'inserted' || stored === 'submitted';
    default:
      return false;
  }
}
