import type { Client } from '@temporalio/client';
import { SHORT_CALL, within } from '../temporal/call.ts';
import { wakeReceiver } from '../webhook/wake-receiver.ts';

/** Wakes who sends a receiver's deliveries. Where that fails they are late, and not lost: `tend` wakes who overslept. */
export async function wake(client: Client, receiverId: string): Promise<void> {
  await within(client, SHORT_CALL, () => wakeReceiver(client, receiverId)).catch(() => {});
}
