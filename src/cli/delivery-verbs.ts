import type { DeliveryState } from '../model/delivery.ts';
import { Misuse } from './failure.ts';
import { printPage } from './page.ts';
import { findReceiver } from './receiver-ref.ts';
import type { Outcome, Session } from './session.ts';
import { deliveriesInWords, deliveryInWords, resendingInWords } from './words/delivery.ts';

export interface DeliveryQuery {
  state?: DeliveryState;
  /** A name or an id. */
  receiver?: string;
  alert?: string;
  limit: number;
}

export async function listDeliveries(
  { client, terminal }: Session,
  { state, receiver, alert, limit }: DeliveryQuery,
): Promise<Outcome> {
  const receiverId = receiver === undefined ? undefined : (await findReceiver(client, receiver)).id;
  const page = await client.deliveries(limit, { state, receiverId, alertId: alert });
  const empty = state || receiver || alert ? 'No such deliveries.' : 'No deliveries yet.';
  printPage(terminal, page, limit, empty, deliveriesInWords);
  return 'done';
}

export async function showDelivery({ client, terminal }: Session, id: string): Promise<Outcome> {
  const [delivery, { items }] = await Promise.all([client.delivery(id), client.attempts(id)]);
  terminal.data({ delivery, attempts: items }, (style) => deliveryInWords(delivery, items, style));
  return 'done';
}

export interface ResendOptions {
  failed?: true;
  receiver?: string;
  since?: string;
}

/** Sends one again, or all that failed. */
export async function resend(
  session: Session,
  id: string | undefined,
  options: ResendOptions,
): Promise<Outcome> {
  const { client, terminal } = session;
  const resending =
    id === undefined ? await resendFailed(session, options) : await client.resend(one(id, options));
  terminal.data(resending, () => resendingInWords(resending));
  return 'done';
}

function one(id: string, { failed, receiver, since }: ResendOptions): string {
  if (failed || receiver || since) throw new Misuse(EITHER);
  return id;
}

async function resendFailed({ client }: Session, { failed, receiver, since }: ResendOptions) {
  if (!failed || receiver === undefined || since === undefined) throw new Misuse(EITHER);
  return client.resendFailed((await findReceiver(client, receiver)).id, since);
}

const EITHER = 'Name one delivery, or give all of --failed, --receiver and --since.';
