/** The words that the API, the workflow of a receiver and its activities share. No zod here, as in lifecycle.ts. */

export const RECEIVER_WORKFLOW = 'receiver';
export const WAKE_SIGNAL = 'wake';

/** Apart from the lifecycles': however many receivers there are, and hang, no sitrep waits for a place. */
export const DELIVERY_TASK_QUEUE = 'sitrep-deliveries';

const WORKFLOW_PREFIX = 'receiver:';

export function receiverWorkflowId(receiverId: string): string {
  return `${WORKFLOW_PREFIX}${receiverId}`;
}

/** The receiver that a workflow is about, or what stands in the place of its id. */
export function receiverIdOf(workflowId: string): string {
  return workflowId.slice(WORKFLOW_PREFIX.length);
}

/** Where a receiver's deliveries stand after all that was due has been sent. */
export type DeliveryRound =
  /** The receiver was deleted. */
  | { kind: 'gone' }
  /** More is due now. */
  | { kind: 'more'; sent: RoundCounts }
  /** Nothing is due before `nextDueMs` (milliseconds since 1970), or at all. */
  | { kind: 'waits'; sent: RoundCounts; pending: number; nextDueMs: number | null };

export interface RoundCounts {
  delivered: number;
  /** Attempts that were not accepted, to be repeated or not. */
  refused: number;
}
