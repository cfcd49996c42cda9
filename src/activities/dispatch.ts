import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import { dispatchAlerts, type Undispatchable } from '../store/dispatch.ts';
import { overdueReceivers } from '../store/receiver-health.ts';
import { wakeReceiver } from '../webhook/wake-receiver.ts';

/**
 * Makes deliveries of the alerts that have none, and wakes who sends them: each receiver at most once for a chunk,
 * whatever number of alerts it hears of. What could not be dispatched is returned. `onChunk` may throw to end it there.
 */
export async function dispatchAndWake(
  pool: pg.Pool,
  client: Client,
  onChunk: () => void,
): Promise<Undispatchable[]> {
  const { undispatchable } = await dispatchAlerts(pool, async ({ receivers }) => {
    for (const receiver of receivers) await wakeReceiver(client, receiver);
    onChunk();
  });
  return undispatchable;
}

/** The same as a part of an activity. */
export async function dispatch(pool: pg.Pool, client: Client): Promise<void> {
  const signal = cancellationSignal();
  const undispatchable = await dispatchAndWake(pool, client, () => signal.throwIfAborted());
  for (const { alertId, error } of undispatchable) {
    log.error('an alert cannot be dispatched', { alertId, error: error.message });
  }
  // The attempt before this one may have gone away between the deliveries and their wake-up.
  if (activityInfo().attempt > 1) {
    for (const receiver of await overdueReceivers(pool, 0)) await wakeReceiver(client, receiver);
  }
}
