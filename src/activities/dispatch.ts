import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import { dispatchAlerts } from '../store/dispatch.ts';
import { overdueReceivers } from '../store/receiver-health.ts';
import { wakeReceiver } from '../webhook/wake-receiver.ts';

/**
 * Makes deliveries of the alerts that have none, and wakes who sends them: each receiver at most once for a chunk,
 * whatever number of alerts it hears of.
 */
export async function dispatch(pool: pg.Pool, client: Client): Promise<void> {
  const signal = cancellationSignal();
  const { undispatchable } = await dispatchAlerts(pool, async ({ receivers }) => {
    for (const receiver of receivers) await wakeReceiver(client, receiver);
    signal.throwIfAborted();
  });
  for (const { alertId, error } of undispatchable) {
    log.error('an alert cannot be dispatched', { alertId, error: error.message });
  }
  // The attempt before this one may have gone away between the deliveries and their wake-up.
  if (activityInfo().attempt > 1) {
    for (const receiver of await overdueReceivers(pool, 0)) await wakeReceiver(client, receiver);
  }
}
