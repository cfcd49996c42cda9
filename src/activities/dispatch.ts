import { cancellationSignal } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import { dispatchAlerts } from '../store/dispatch.ts';
import { overdueReceivers } from '../store/receiver-health.ts';
import { wakeReceiver } from '../webhook/wake-receiver.ts';

/**
 * Makes deliveries of the alerts that have none, and wakes who sends them: each receiver at most once for a chunk,
 * whatever number of alerts it hears of. Returns how many alerts were dispatched.
 */
export async function dispatch(pool: pg.Pool, client: Client): Promise<number> {
  const signal = cancellationSignal();
  const dispatched = await dispatchAlerts(pool, async ({ receivers }) => {
    for (const receiver of receivers) await wakeReceiver(client, receiver);
    signal.throwIfAborted();
  });
  // An attempt before this one may have gone away between the deliveries and their wake-up.
  if (dispatched === 0) {
    for (const receiver of await overdueReceivers(pool, 0)) await wakeReceiver(client, receiver);
  }
  return dispatched;
}
