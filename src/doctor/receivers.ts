import { foundNothing, note } from '../activities/found.ts';
import { lifecycleStanding, mapBounded } from '../activities/lifecycle-standing.ts';
import { OVERDUE_SECONDS } from '../activities/tend-steps.ts';
import { Id } from '../model/id.ts';
import type { Found } from '../model/lifecycle.ts';
import { RECEIVER_WORKFLOW, receiverIdOf, receiverWorkflowId } from '../model/receiver-workflow.ts';
import { awaitedReceivers, knownReceivers, overdueReceivers } from '../store/receiver-health.ts';
import { openWorkflows } from '../temporal/open-workflows.ts';
import { wakeReceiver } from '../webhook/wake-receiver.ts';
import { endRun } from './end-run.ts';
import { PAGE, PATIENCE_SECONDS, type Patient } from './patient.ts';

const REASON = 'The database does not have this receiver.';

/** Ends the workflows of receivers that are gone: those were made after the time that the database was restored to. */
export async function endReceiversGone({ pool, client }: Patient, dryRun: boolean): Promise<Found> {
  const found = foundNothing();
  for await (const page of openWorkflows(client, RECEIVER_WORKFLOW)) {
    const ids = page.map(receiverIdOf).filter((id) => Id.safeParse(id).success);
    const known = await knownReceivers(pool, ids);
    const gone = ids.filter((id) => !known.has(id));
    const ended = await mapBounded(gone, async (id) => {
      // Whoever deletes one wakes it, and it ends.
      const { open, runId } = await lifecycleStanding(client, receiverWorkflowId(id));
      return open && (dryRun || endRun(client, receiverWorkflowId(id), runId, REASON));
    });
    note(
      found,
      gone.filter((_, index) => ended[index]),
    );
  }
  return found;
}

/** What was found of receivers that nobody sends to. */
export interface Unserved {
  /** Something is pending for them, due or not, and their workflow doesn't run. */
  alone: Found;
  /** Something has been due for a while, and their workflow waits. */
  asleep: Found;
}

/** Starts the workflows of receivers that something is pending for, and wakes those that slept over what is due. */
export async function serveReceivers({ pool, client }: Patient, dryRun: boolean): Promise<Unserved> {
  const unserved = { alone: foundNothing(), asleep: foundNothing() };
  const overdue = new Set(await overdueReceivers(pool, OVERDUE_SECONDS));
  let after: string | null = null;
  for (;;) {
    const page: string[] = await awaitedReceivers(pool, PATIENCE_SECONDS, after, PAGE);
    const kinds = await mapBounded(page, async (id) => {
      const { open, isBusy } = await lifecycleStanding(client, receiverWorkflowId(id));
      const kind = !open ? 'alone' : overdue.has(id) && !isBusy ? 'asleep' : null;
      if (kind !== null && !dryRun) await wakeReceiver(client, id);
      return kind;
    });
    for (const kind of ['alone', 'asleep'] as const) {
      note(
        unserved[kind],
        page.filter((_, index) => kinds[index] === kind),
      );
    }
    after = page.at(-1) ?? null;
    if (page.length < PAGE) return unserved;
  }
}
