import { hostname } from 'node:os';
import { newId } from '../model/id.ts';
import type { NewReceiverView } from '../model/receiver.ts';
import type { ApiClient } from './api-client.ts';
import { Failure } from './failure.ts';
import { type Arrival, Inbox } from './inbox.ts';

/** An inbox on this machine that Sitrep knows as a receiver. */
export interface Listener {
  receiver: NewReceiverView;
  /** Takes the receiver away again. @throws a failure when it is still there */
  stop(): Promise<void>;
}

export async function startListener(
  client: ApiClient,
  { port, subscriptions }: { port: number; subscriptions: string[] },
  onArrival: (arrival: Arrival) => void,
): Promise<Listener> {
  const inbox = await openInbox(port, onArrival);
  try {
    const receiver = await register(client, inbox.url, subscriptions);
    inbox.trust(receiver.secret);
    const stop = () => withdraw(client, receiver).finally(() => inbox.close());
    return { receiver, stop };
  } catch (error) {
    await inbox.close();
    throw error;
  }
}

async function openInbox(port: number, onArrival: (arrival: Arrival) => void): Promise<Inbox> {
  try {
    return await Inbox.open(port, onArrival);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const detail =
      code === 'EADDRINUSE' ? `Port ${port} is taken; leave --port out for one that is free.` : message;
    throw new Failure({ title: 'The listener could not be started', detail });
  }
}

/** Under a name that no other listener has. */
async function register(
  client: ApiClient,
  endpoint: string,
  subscriptions: string[],
): Promise<NewReceiverView> {
  const name = `listen-${newId().slice(-12)}`;
  const description = `sitrep listen, process ${process.pid} on ${hostname()}`;
  try {
    return await client.createReceiver({ name, endpoint, description, subscriptions });
  } catch (error) {
    throw isEndpointRefused(error) ? new Failure(error.complaint, OPEN_LOOPBACK) : error;
  }
}

const OPEN_LOOPBACK =
  'This Sitrep may not send to this machine: set SITREP_WEBHOOK_ALLOW=127.0.0.0/8 for its APIs and workers.';

function isEndpointRefused(error: unknown): error is Failure {
  const faults = error instanceof Failure ? error.complaint.faults : undefined;
  return faults?.some(({ pointer }) => pointer === '/endpoint') ?? false;
}

/** Somebody else may have removed it before. */
async function withdraw(client: ApiClient, { id, name }: NewReceiverView): Promise<void> {
  try {
    await client.deleteReceiver(id);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.complaint.status === 404) return;
    const title = `The receiver ${name} could not be removed, and is still there`;
    throw new Failure({ title, detail: error.message }, `Remove it later: sitrep receivers remove ${name}`);
  }
}
