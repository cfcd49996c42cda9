import { z } from 'zod';
import { Id } from './id.ts';

export const DELIVERY_STATES = ['pending', 'delivered', 'failed', 'skipped'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];
export const DELIVERY_TRIGGERS = ['alert', 'resend', 'probe'] as const;
export type DeliveryTrigger = (typeof DELIVERY_TRIGGERS)[number];

/** How an attempt ended. `unknown`: its worker went away or stopped in the middle; the delivery is attempted again. */
export const ATTEMPT_OUTCOMES = [
  'delivered',
  'rejected',
  'unreachable',
  'timed-out',
  'forbidden',
  'unknown',
] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

const Time = z.iso.datetime();

export const DeliveryView = z
  .object({
    id: Id,
    receiverId: Id,
    receiver: z.string().describe('The name of the receiver.'),
    alertId: Id.nullable().describe('Null for a probe.'),
    trigger: z.enum(DELIVERY_TRIGGERS),
    state: z.enum(DELIVERY_STATES),
    skippedBecause: z.enum(['receiver-disabled', 'alert-deleted']).nullable(),
    attempts: z.int(),
    timeCreated: Time,
    timeDue: Time.nullable().describe('Of a pending one: when the next attempt is due.'),
    timeEnded: Time.nullable(),
  })
  .meta({ id: 'Delivery' });
export type DeliveryView = z.output<typeof DeliveryView>;

export const AttemptView = z
  .object({
    number: z.int(),
    timeStarted: Time,
    timeEnded: Time.nullable(),
    outcome: z.enum(ATTEMPT_OUTCOMES).nullable().describe('Null while it is under way.'),
    status: z.int().nullable().describe('The HTTP status that the receiver answered.'),
    detail: z.string().nullable(),
  })
  .meta({ id: 'DeliveryAttempt' });
export type AttemptView = z.output<typeof AttemptView>;

export const ResendingView = z
  .object({ deliveryIds: z.array(Id).describe('The new deliveries, which are sent at once.') })
  .meta({ id: 'Resending' });
export type ResendingView = z.output<typeof ResendingView>;

export const ProbeView = z
  .object({
    delivery: DeliveryView,
    attempt: AttemptView.describe('How the one attempt ended.'),
    resent: z.array(Id).describe('New deliveries of what had failed or been skipped.'),
  })
  .meta({ id: 'Probe' });
export type ProbeView = z.output<typeof ProbeView>;

/** How an attempt ended, as whoever made it knows it. */
export interface AttemptEnd {
  outcome: AttemptOutcome;
  status: number | null;
  detail: string | null;
  /** Seconds that the receiver asked to be left alone for. */
  retryAfter: number | null;
}

/** Both ways, in parts of the delay: receivers that went down together are not all asked again at once. */
const JITTER = 0.1;
/** A receiver may ask for longer than its schedule says, but not for ever. */
const MAX_RETRY_AFTER = 86_400;

/**
 * Milliseconds until the next attempt after `attempts` were made, or null when that was the last one.
 * `chance` is from 0 to 1.
 */
export function retryDelayMs(
  delays: readonly number[],
  attempts: number,
  retryAfter: number | null,
  chance: number,
): number | null {
  const delay = delays[attempts];
  if (delay === undefined) return null;
  const jittered = delay * (1 + JITTER * (2 * chance - 1));
  return 1000 * Math.max(jittered, Math.min(retryAfter ?? 0, MAX_RETRY_AFTER));
}
