import type { ApiClient } from '../../src/cli/api-client.ts';
import { Failure } from '../../src/cli/failure.ts';
import { submitPatiently } from '../../src/cli/submit.ts';
import { problemType } from '../../src/model/problem.ts';
import type { AlertView, SitrepView } from '../../src/model/views.ts';
import type { Document } from './documents.ts';
import { until } from './until.ts';

export type Submitted = { state: SitrepView['state']; version: number | null; recognised: boolean } | 'lost';

/** Submits a document; losing to another sitrep is one of the results. */
export async function submit(client: ApiClient, document: Document): Promise<Submitted> {
  try {
    const outgoing = { body: JSON.stringify(document), id: document.id };
    const { view, recognised } = await submitPatiently(client, outgoing, () => {});
    return view.state === 'orphaned' ? 'lost' : { state: view.state, version: view.version, recognised };
  } catch (error) {
    if (error instanceof Failure && error.complaint.type === problemType('parent-not-current')) return 'lost';
    throw error;
  }
}

/** Sitreps of others may become current meanwhile; that often it is tried anew. */
const ATTEMPTS = 10;

/** A sitrep that was submitted, and what came of it. */
export interface Tried {
  document: Document;
  submitted: Submitted;
}

/** Makes children of whatever is current until one of them becomes current, and answers with those of that try. */
export async function commit(
  client: ApiClient,
  makeChildren: (parent: SitrepView | null) => Document[],
): Promise<Tried[]> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const parent = await current(client);
    const children = makeChildren(parent);
    const submitted = await Promise.all(children.map((document) => submit(client, document)));
    if (submitted.some((one) => one !== 'lost')) {
      return children.map((document, index) => ({ document, submitted: submitted[index] as Submitted }));
    }
  }
  throw new Error(`Others committed first ${ATTEMPTS} times in a row: this Sitrep is too busy for the demo.`);
}

export async function current(client: ApiClient): Promise<SitrepView | null> {
  const reply = await client.find('current');
  if (reply.kind === 'answer') return reply.value;
  if (reply.kind === 'problem' && reply.status === 404) return null;
  throw client.failureOf(reply);
}

/** Where a sitrep is; an orphan whose grace period is over is there no more. */
export async function stateOf(client: ApiClient, id: string): Promise<SitrepView['state'] | 'collected'> {
  const reply = await client.find(id);
  if (reply.kind === 'answer') return reply.value.state;
  if (reply.kind === 'problem' && reply.status === 404) return 'collected';
  throw client.failureOf(reply);
}

/** Waits until each alert that the current sitrep requests has been made: what isn't there now was not made. */
export function reconciled(client: ApiClient): Promise<void> {
  return until('The current sitrep was not reconciled', async () => {
    return (await current(client))?.rendezvous?.reconciled === true;
  });
}

/** Waits until nothing is on its way to a receiver any more: what hasn't arrived now was not sent. */
export function settled(client: ApiClient, receiverId: string): Promise<void> {
  return until('Deliveries were still pending', async () => {
    return (await client.receiver(receiverId)).pending === 0;
  });
}

export async function alertsOf(client: ApiClient, caseId: string): Promise<AlertView[]> {
  return (await client.alerts(100, { caseId })).items;
}

export async function isThere(client: ApiClient, alertId: string): Promise<boolean> {
  const reply = await client.request(`/v1/alerts/${alertId}`);
  if (reply.kind === 'answer') return true;
  if (reply.kind === 'problem' && reply.status === 404) return false;
  throw client.failureOf(reply);
}
