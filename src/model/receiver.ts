import { z } from 'zod';
import { Id } from './id.ts';
import { Name } from './name.ts';
import { SubscriptionPattern } from './subscription.ts';
import { text } from './text.ts';

const MAX_ENDPOINT = 2_000;
/** Each is matched against each class that is dispatched. */
export const MAX_SUBSCRIPTIONS = 100;

/** Seconds before each attempt: at once, then later and later, over three days. Svix's schedule, and two more. */
export const DEFAULT_RETRY_DELAYS = [
  0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
] as const;
const MAX_ATTEMPTS = 50;
const MAX_DELAY = 7 * 86_400;

/** What can be seen in the text of an endpoint; which addresses it may lead to is asked when it is connected to. */
const Endpoint = text(MAX_ENDPOINT)
  .superRefine((value, context) => {
    const fault = endpointFault(value);
    if (fault) context.addIssue({ code: 'custom', message: fault });
  })
  .meta({ format: 'uri' });

function endpointFault(value: string): string | null {
  if (!URL.canParse(value)) return 'must be a URL';
  const { protocol, username, password } = new URL(value);
  if (protocol !== 'http:' && protocol !== 'https:') return 'must be an http or https URL';
  // It is shown to whoever may look at receivers.
  if (username !== '' || password !== '') return 'must not contain a user name or a password';
  return null;
}

const subscriptions = z
  .array(SubscriptionPattern)
  .max(MAX_SUBSCRIPTIONS, `must be at most ${MAX_SUBSCRIPTIONS}`)
  .transform((patterns) => [...new Set(patterns)].sort());
const retryDelays = z
  .array(z.int().min(0, 'must be at least 0').max(MAX_DELAY, `must be at most ${MAX_DELAY}`))
  .min(1, 'must have at least one attempt')
  .max(MAX_ATTEMPTS, `must have at most ${MAX_ATTEMPTS} attempts`)
  .describe('Seconds before each attempt of a delivery, the first included.');

export const ReceiverInput = z
  .strictObject({
    name: Name.describe('Names it to people; unique.'),
    endpoint: Endpoint.describe('The http or https URL that deliveries are sent to.'),
    description: text(1_000).default(''),
    enabled: z.boolean().default(true),
    subscriptions: subscriptions
      .default([])
      .describe('Alert classes, or globs over their segments: `*` is one, `**` one or more.'),
    retryDelays: retryDelays.default([...DEFAULT_RETRY_DELAYS]),
  })
  .meta({ id: 'ReceiverInput', description: 'Somebody who wants to hear of alerts.' });
export type ReceiverInput = z.output<typeof ReceiverInput>;

export const ReceiverChange = z
  .strictObject({
    name: Name.optional(),
    endpoint: Endpoint.optional(),
    description: text(1_000).optional(),
    enabled: z.boolean().optional(),
    subscriptions: subscriptions.optional().describe('In place of all that it is subscribed to.'),
    retryDelays: retryDelays.optional(),
  })
  .meta({ id: 'ReceiverChange', description: 'What is to be changed; the rest stays.' });
export type ReceiverChange = z.output<typeof ReceiverChange>;

/** Why a receiver is disabled. */
export const DISABLED_BECAUSE = ['operator', 'gone', 'failing'] as const;
export type DisabledBecause = (typeof DISABLED_BECAUSE)[number];

const Time = z.iso.datetime();

export const ReceiverView = z
  .object({
    id: Id,
    name: z.string(),
    endpoint: z.string(),
    description: z.string(),
    enabled: z.boolean(),
    disabledBecause: z
      .enum(DISABLED_BECAUSE)
      .nullable()
      .describe('`gone`: it answered 410. `failing`: it accepted nothing for five days.'),
    timeDisabled: Time.nullable(),
    failingSince: Time.nullable().describe('The first failure since its last success.'),
    subscriptions: z.array(z.string()),
    retryDelays: z.array(z.int()),
    timeCreated: Time,
    timeModified: Time,
    pending: z.int().describe('Deliveries that are still to be made.'),
    workflowId: z.string().describe('The workflow ID of its deliveries in Temporal.'),
  })
  .meta({ id: 'Receiver' });
export type ReceiverView = z.output<typeof ReceiverView>;

export const Subscription = z
  .strictObject({
    subscription: SubscriptionPattern.describe('An alert class, or a glob over its segments.'),
  })
  .meta({ id: 'Subscription', description: 'What a receiver hears of.' });
export type Subscription = z.output<typeof Subscription>;

/** A secret without what is secret in it. */
export const SecretView = z
  .object({
    id: Id,
    timeCreated: Time,
    timeExpires: Time.nullable().describe('From then on it signs no more; null for the newest.'),
  })
  .meta({ id: 'ReceiverSecret' });
export type SecretView = z.output<typeof SecretView>;

const Shown = z
  .string()
  .describe('`whsec_` and base64 of 32 random bytes. Shown this once, and never again.');
export const NewSecretView = SecretView.extend({ secret: Shown }).meta({ id: 'NewReceiverSecret' });
export type NewSecretView = z.output<typeof NewSecretView>;

export const NewReceiverView = ReceiverView.extend({ secret: Shown }).meta({ id: 'NewReceiver' });
export type NewReceiverView = z.output<typeof NewReceiverView>;
