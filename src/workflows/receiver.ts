import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { DeliveryActivities } from '../activities/index.ts';
import { DELIVERY_TASK_QUEUE, type DeliveryRound, WAKE_SIGNAL } from '../model/receiver-workflow.ts';
import { ACTIVITY } from './activity-options.ts';

const wakeSignal = defineSignal(WAKE_SIGNAL);

const { deliverDue } = proxyActivities<DeliveryActivities>({
  ...ACTIVITY,
  taskQueue: DELIVERY_TASK_QUEUE,
  summary: 'Send what is due',
});

/**
 * Sends the deliveries of one receiver: when it is woken, and when the next one is due. What is pending stands in
 * Postgres, so nothing is lost when this ends at any point, or runs twice.
 */
export async function receiver(receiverId: string): Promise<void> {
  let woken = false;
  setHandler(wakeSignal, () => {
    woken = true;
  });
  for (;;) {
    woken = false;
    const round = await deliverDue(receiverId, Date.now());
    if (round.kind === 'gone') return;
    setCurrentDetails(inWords(round));
    // The next run begins by looking for what is due, so a wake-up that came meanwhile is not lost.
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof receiver>(receiverId);
    if (round.kind === 'more') continue;
    const isWoken = () => woken;
    if (round.nextDueMs === null) await condition(isWoken);
    else await condition(isWoken, Math.max(0, round.nextDueMs - Date.now()));
  }
}

function inWords({ sent, ...round }: Exclude<DeliveryRound, { kind: 'gone' }>): string {
  const did = `The last round: ${sent.delivered} delivered, ${sent.refused} not accepted.`;
  if (round.kind === 'more') return `**sending**\n\n${did} More is due.`;
  if (round.nextDueMs === null) return `**idle**\n\n${did} Nothing is pending.`;
  const next = new Date(round.nextDueMs).toISOString();
  return `**waiting**\n\n${did} ${round.pending} pending; the next attempt is due at ${next}.`;
}
