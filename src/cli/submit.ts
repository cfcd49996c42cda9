import { setTimeout as pause } from 'node:timers/promises';
import type { SubmissionView } from '../model/views.ts';
import type { ApiClient, Reply } from './api-client.ts';
import type { Outgoing } from './child.ts';
import { Failure } from './failure.ts';
import { mayPass, type Note, PATIENCE, type Patience, pauseBefore, sendPatiently } from './patience.ts';

export interface Submitted {
  view: SubmissionView;
  /** Whether it had been submitted before this command. */
  recognised: boolean;
}

type Answer = Extract<Reply<SubmissionView>, { kind: 'answer' }>;

/** Submits a document until there is an answer, and asks until the sitrep is decided, both within bounds. */
export async function submitPatiently(
  client: ApiClient,
  outgoing: Outgoing,
  note: Note,
  patience: Patience = PATIENCE,
): Promise<Submitted> {
  const { answer, attempts } = await send(client, outgoing, note, patience);
  const recognised = answer.status === 200 && attempts === 1;
  let view = answer.value;
  for (let ask = 0; ask < patience.asks && !isDecided(view); ask++) {
    if (ask === 0) note(`Sitrep ${view.id} is ${view.state}; waiting until it is decided.`);
    await pause(pauseBefore(ask, patience));
    view = await askAgain(client, outgoing, view, note, patience);
  }
  return { view, recognised };
}

export function isDecided({ state }: SubmissionView): boolean {
  return state !== 'submitted' && state !== 'inserted';
}

async function send(
  client: ApiClient,
  { body, id }: Outgoing,
  note: Note,
  patience: Patience,
): Promise<{ answer: Answer; attempts: number }> {
  const { reply, attempts } = await sendPatiently(client, () => client.submit(body), note, patience);
  if (reply.kind === 'answer') return { answer: reply, attempts };
  const failure = client.failureOf(reply);
  throw mayPass(reply) ? unheard(failure, id) : withAdvice(failure);
}

async function askAgain(
  client: ApiClient,
  outgoing: Outgoing,
  last: SubmissionView,
  note: Note,
  patience: Patience,
): Promise<SubmissionView> {
  const reply = await client.find(last.id);
  if (reply.kind === 'answer') {
    const { id, state, version } = reply.value;
    return { id, state, version };
  }
  // It was refused after all, or collected already: sent again, it is told why.
  if (reply.kind === 'problem' && reply.status === 404) {
    return (await send(client, outgoing, note, patience)).answer.value;
  }
  return last;
}

/** It may have arrived all the same; under its id, whoever submits it again submits it once. */
function unheard(failure: Failure, id: string | null): Failure {
  if (id === null) return failure;
  const again = `Submitted again with "id": "${id}", it stays one submission, whether or not it has arrived.`;
  const hint = failure.hint === null ? again : `${failure.hint}\n${again}`;
  return new Failure({ ...failure.complaint, submittedId: id }, hint);
}

const ADVICE: Record<string, string> = {
  'urn:sitrep:problem:parent-not-current':
    'Read what is current (`sitrep show current -o json`), make your change to it, and submit that with --as-child.',
  'urn:sitrep:problem:sitrep-id-reused':
    'Leave the id out for a new sitrep, or use --as-child for a child of the one that has it.',
};

function withAdvice(failure: Failure): Failure {
  const advice = ADVICE[failure.complaint.type ?? ''];
  return advice === undefined ? failure : new Failure(failure.complaint, advice);
}
