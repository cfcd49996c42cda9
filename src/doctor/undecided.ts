import { foundNothing, note } from '../activities/found.ts';
import { lifecycleStanding, mapBounded } from '../activities/lifecycle-standing.ts';
import { SUBMISSION_SECONDS } from '../activities/tend-steps.ts';
import { type Found, workflowIdOf } from '../model/lifecycle.ts';
import { type Undecided, undecidedSitreps } from '../store/leftover.ts';
import { startUndecided } from '../temporal/lifecycle-start.ts';
import { PAGE, PATIENCE_SECONDS, type Patient } from './patient.ts';

const SUMMARY = 'Started by the doctor: nobody had decided on the sitrep, and no lifecycle was open';

/**
 * Starts lifecycles for sitreps and submissions that are undecided, and that nothing would decide. Those that are too old
 * for that are deleted, as `tend` does.
 */
export async function startMissingLifecycles(
  { pool, client, settings }: Patient,
  dryRun: boolean,
): Promise<Found> {
  const found = foundNothing();
  const waiting = {
    patienceSeconds: PATIENCE_SECONDS,
    graceSeconds: settings.SITREP_ORPHAN_GRACE_SECONDS,
    submissionSeconds: SUBMISSION_SECONDS,
  };
  let after: string | null = null;
  for (;;) {
    const page: Undecided[] = await undecidedSitreps(pool, waiting, after, PAGE);
    const started = await mapBounded(page, async ({ id: sitrepId, ...undecided }) => {
      const { open } = await lifecycleStanding(client, workflowIdOf(sitrepId));
      if (open) return false;
      return dryRun || startUndecided(client, { sitrepId, ...undecided, summary: SUMMARY });
    });
    note(
      found,
      page.filter((_, index) => started[index]).map(({ id }) => id),
    );
    after = page.at(-1)?.id ?? null;
    if (page.length < PAGE) return found;
  }
}
