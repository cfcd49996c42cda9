import { diffSitreps } from '../model/diff.ts';
import type { StoredState } from '../model/lifecycle.ts';
import { asChild, childOf, type Outgoing, withId } from './child.ts';
import { nameOf, readDocument } from './document.ts';
import { printPage } from './page.ts';
import type { Outcome, Session } from './session.ts';
import { isDecided, submitPatiently } from './submit.ts';
import { diffInWords } from './words/diff.ts';
import { historyInWords } from './words/lists.ts';
import { sitrepInWords } from './words/sitrep.ts';
import { submissionInWords } from './words/submission.ts';
import { workflowOf } from './workflow-link.ts';

export interface SubmitOptions {
  asChild?: boolean;
  childOf?: string;
}

export async function submit(session: Session, file: string, options: SubmitOptions): Promise<Outcome> {
  const { client, terminal, settings, world } = session;
  if (file === '-' && 'isTTY' in world.stdin && world.stdin.isTTY) {
    terminal.note('Reading a sitrep from the keyboard; end it with Ctrl-D.');
  }
  const read = await readDocument(file, world.stdin, settings.SITREP_MAX_BODY);
  const outgoing = await prepare(session, read, nameOf(file), options);
  const { view, recognised } = await submitPatiently(client, outgoing, (line) => terminal.note(line));
  terminal.data(view, (style) => submissionInWords(view, recognised, style));
  if (!isDecided(view)) terminal.note(`It is not decided yet. Ask later with: sitrep show ${view.id}`);
  return isDecided(view) && view.state !== 'orphaned' ? 'done' : 'failed';
}

async function prepare(
  session: Session,
  document: unknown,
  name: string,
  options: SubmitOptions,
): Promise<Outgoing> {
  if (options.asChild) return asChild(document, name);
  if (options.childOf) return childOf(document, await parentFor(session, options.childOf));
  return withId(document);
}

/** The id of the parent; null for `current` while there is no history, since then the first sitrep is meant. */
async function parentFor({ client, terminal }: Session, ref: string): Promise<string | null> {
  const reply = await client.find(ref);
  if (reply.kind === 'answer') return reply.value.id;
  if (ref !== 'current' || reply.kind !== 'problem' || reply.status !== 404) throw client.failureOf(reply);
  terminal.note('There is no current sitrep yet; this one is submitted as the first.');
  return null;
}

export async function show({ client, terminal }: Session, ref: string): Promise<Outcome> {
  const sitrep = await client.sitrep(ref);
  const workflow = terminal.json ? '' : await workflowOf(client, sitrep.workflowId);
  terminal.data(sitrep, (style) => sitrepInWords(sitrep, workflow, style));
  return 'done';
}

export async function history(
  { client, terminal }: Session,
  options: { state?: StoredState; limit: number },
): Promise<Outcome> {
  const { limit, ...query } = options;
  const page = await client.sitreps(limit, query);
  const empty = query.state ? `No sitreps are ${query.state}.` : 'No sitreps yet.';
  printPage(terminal, page, limit, empty, historyInWords);
  return 'done';
}

export async function diff({ client, terminal }: Session, from: string, to: string): Promise<Outcome> {
  const [before, after] = await Promise.all([client.sitrep(from), client.sitrep(to)]);
  const difference = diffSitreps(before, after);
  terminal.data(difference, (style) => diffInWords(difference, style));
  return 'done';
}
