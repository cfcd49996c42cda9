import { ScheduleNotFoundError } from '@temporalio/client';
import { foundNothing, note } from '../activities/found.ts';
import { type Found, TEND_SCHEDULE } from '../model/lifecycle.ts';
import { addSearchAttributes, missingSearchAttributes, scheduleTend } from '../worker/prepare.ts';
import type { Patient } from './patient.ts';

export async function addMissingSearchAttributes(
  { connection, namespace }: Patient,
  dryRun: boolean,
): Promise<Found> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length > 0 && !dryRun) await addSearchAttributes(connection, namespace, missing);
  return note(
    foundNothing(),
    missing.map(({ name }) => name),
  );
}

/** One that is paused is there: whoever paused it will know why. */
export async function makeMissingSchedule({ client }: Patient, dryRun: boolean): Promise<Found> {
  try {
    await client.schedule.getHandle(TEND_SCHEDULE).describe();
    return foundNothing();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    if (!dryRun) await scheduleTend(client);
    return note(foundNothing(), [TEND_SCHEDULE]);
  }
}
