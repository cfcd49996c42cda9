import type { ReceiverChange, ReceiverView, SecretView } from '../model/receiver.ts';
import { Failure, Misuse } from './failure.ts';
import { printPage } from './page.ts';
import { findReceiver } from './receiver-ref.ts';
import type { Outcome, Session } from './session.ts';
import {
  changeInWords,
  newReceiverInWords,
  newSecretInWords,
  probeInWords,
  receiverInWords,
  receiversInWords,
  removalInWords,
} from './words/receiver.ts';
import { workflowOf } from './workflow-link.ts';

export interface AddOptions {
  subscribe?: string[];
  description?: string;
  disabled?: boolean;
  retryDelays?: number[];
}

export async function addReceiver(
  { client, terminal }: Session,
  name: string,
  endpoint: string,
  { subscribe = [], disabled = false, ...rest }: AddOptions,
): Promise<Outcome> {
  const receiver = await client.createReceiver({
    name,
    endpoint,
    subscriptions: subscribe,
    enabled: !disabled,
    ...rest,
  });
  terminal.data(receiver, (style) => newReceiverInWords(receiver, style));
  if (receiver.subscriptions.length === 0) {
    terminal.note(
      `It hears of nothing until it subscribes: sitrep receivers update ${receiver.name} --subscribe '**'`,
    );
  }
  return 'done';
}

export async function listReceivers(
  { client, terminal }: Session,
  { limit }: { limit: number },
): Promise<Outcome> {
  const page = await client.receivers(limit, {});
  printPage(terminal, page, limit, 'No receivers yet.', receiversInWords);
  return 'done';
}

export async function showReceiver({ client, terminal }: Session, ref: string): Promise<Outcome> {
  const receiver = await findReceiver(client, ref);
  const workflow = terminal.json ? '' : await workflowOf(client, receiver.workflowId);
  const secrets: SecretView[] = terminal.json ? [] : (await client.secrets(receiver.id)).items;
  terminal.data(receiver, (style) => receiverInWords(receiver, secrets, workflow, style));
  return 'done';
}

export interface UpdateOptions {
  name?: string;
  endpoint?: string;
  description?: string;
  enable?: true;
  disable?: true;
  subscribe?: string[];
  unsubscribe?: string[];
  retryDelays?: number[];
}

export async function updateReceiver(
  { client, terminal }: Session,
  ref: string,
  options: UpdateOptions,
): Promise<Outcome> {
  if (Object.keys(options).length === 0)
    throw new Misuse('Say what shall be changed; --help lists what can be.');
  const { subscribe = [], unsubscribe = [], ...rest } = options;
  const before = await findReceiver(client, ref);
  requireSubscribed(before, unsubscribe);
  // What may be refused comes first, and what could not be asked for again comes last. One by one, so that nothing is
  // lost that somebody else adds meanwhile.
  for (const pattern of subscribe) await client.subscribe(before.id, pattern);
  if (Object.keys(rest).length > 0) await client.updateReceiver(before.id, changeOf(rest));
  for (const pattern of unsubscribe) await client.unsubscribe(before.id, pattern);
  const after = await client.receiver(before.id);
  terminal.data(after, () => changeInWords(before, after));
  return 'done';
}

function requireSubscribed({ name, subscriptions }: ReceiverView, unsubscribe: string[]): void {
  const missing = unsubscribe.find((pattern) => !subscriptions.includes(pattern));
  if (missing === undefined) return;
  const detail = `It is subscribed to ${subscriptions.join(', ') || 'nothing'}.`;
  throw new Failure({ title: `${name} is not subscribed to ${missing}`, detail });
}

function changeOf({
  enable,
  disable,
  ...rest
}: Omit<UpdateOptions, 'subscribe' | 'unsubscribe'>): ReceiverChange {
  return { ...rest, ...(enable || disable ? { enabled: enable === true } : {}) };
}

export async function removeReceiver({ client, terminal }: Session, ref: string): Promise<Outcome> {
  const receiver = await findReceiver(client, ref);
  await client.deleteReceiver(receiver.id);
  const { id, name } = receiver;
  terminal.data({ id, name, deleted: true }, () => removalInWords(receiver));
  return 'done';
}

/** A probe that isn't accepted is data, and a failure. */
export async function probeReceiver(
  { client, terminal }: Session,
  ref: string,
  { resendSince }: { resendSince?: string },
): Promise<Outcome> {
  const receiver = await findReceiver(client, ref);
  const probe = await client.probe(receiver.id, resendSince);
  terminal.data(probe, (style) => probeInWords(probe, style));
  return probe.attempt.outcome === 'delivered' ? 'done' : 'failed';
}

export async function rotateSecret(
  { client, terminal }: Session,
  ref: string,
  { keep }: { keep: number },
): Promise<Outcome> {
  const receiver = await findReceiver(client, ref);
  const secret = await client.rotateSecret(receiver.id, keep);
  terminal.data(secret, (style) => newSecretInWords(receiver, secret, keep, style));
  return 'done';
}
