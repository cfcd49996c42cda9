import { type LifecycleStart, workflowIdOf } from '../model/lifecycle.ts';
import { Problem } from '../model/problem.ts';
import type { SubmissionView } from '../model/views.ts';
import { currentSitrep, sitrepState } from '../store/sitrep-read.ts';
import { discardSubmission, submit as layDown } from '../store/submission.ts';
import { workflowStanding } from '../temporal/call.ts';
import { DECISION_TIME, type StartOutcome, startLifecycle } from '../temporal/lifecycle-start.ts';
import { lifecycleSummary } from '../temporal/lifecycle-summary.ts';
import { readDocument } from './document.ts';
import { parentNotCurrent, refusalProblem } from './refusal.ts';
import type { Answer } from './route.ts';
import type { Service } from './service.ts';

/** A document that has been accepted. The document itself is let go: it may be large, and waiting takes long. */
interface Accepted extends LifecycleStart {
  /** Whether it had been decided before this request came. */
  decidedBefore: boolean;
}
type State = Pick<SubmissionView, 'state' | 'version'>;

/** Something that ended under this request's hands; begun again, it comes out one way or the other. */
const AGAIN = Symbol('again');
const ATTEMPTS = 3;

/** Takes a document, starts its lifecycle, and answers what was decided. Never polls: the decision is awaited. */
export async function submit(service: Service, body: Buffer): Promise<Answer> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const answer = await tryToSubmit(service, body);
    if (answer !== AGAIN) return answer;
  }
  throw new Problem(
    'unavailable',
    'The lifecycle of this sitrep ended each time that it was started. Submit it later.',
  );
}

async function tryToSubmit(service: Service, body: Buffer): Promise<Answer | typeof AGAIN> {
  const accepted = await accept(service, body);
  // Also of a sitrep that was decided long ago: its lifecycle may have been terminated, and is started again.
  return answerFor(service, accepted, await startLifecycle(service.client, accepted));
}

async function answerFor(
  service: Service,
  accepted: Accepted,
  started: StartOutcome,
): Promise<Answer | typeof AGAIN> {
  switch (started.kind) {
    case 'alreadyStarted':
      return answerForTwin(service, accepted);
    case 'unknown':
      return answerFromTables(service, accepted, started.reason);
    case 'decided':
      break;
  }
  const { decision } = started;
  if (decision.kind === 'refused') {
    // A twin was refused meanwhile, or the sitrep was collected, and its document went with it.
    if (decision.refusal.kind === 'submissionGone') return AGAIN;
    throw await refusalProblem(service.pool, accepted, decision.refusal);
  }
  if (accepted.decidedBefore || decision.kind === 'released') return answerKnown(service, accepted);
  if (decision.kind === 'orphaned') throw await parentNotCurrent(service.pool, accepted);
  return created(accepted, { state: 'current', version: decision.version });
}

/** Parses, checks and lays down the document; large ones take turns, for each is many times its bytes in memory. */
async function accept({ pool, documents }: Service, body: Buffer): Promise<Accepted> {
  const leave = await documents.enter(body.length);
  try {
    const submission = readDocument(body);
    const { document, digest } = submission;
    const { id: sitrepId, parentId, creator } = document;
    const outcome = await layDown(pool, submission);
    if (outcome.kind === 'refused') throw await refusalProblem(pool, { sitrepId, parentId }, outcome.refusal);
    const decidedBefore = outcome.kind === 'exists' && outcome.state !== 'inserted';
    return { sitrepId, digest, parentId, creator, summary: lifecycleSummary(document), decidedBefore };
  } finally {
    leave();
  }
}

/** Somebody else has started the lifecycle. */
async function answerForTwin(service: Service, accepted: Accepted): Promise<Answer | typeof AGAIN> {
  const { pool } = service;
  const { sitrepId, digest } = accepted;
  const found = await sitrepState(pool, sitrepId);
  if (found && found.state !== 'submitted') return known(accepted, found);
  switch (await standing(service, accepted)) {
    case 'open':
      return undecided(accepted, found);
    case 'completed':
      if (await isStillToDecide(service, accepted)) {
        const { client } = service;
        const again = await startLifecycle(client, accepted, DECISION_TIME, 'is of another time');
        return answerFor(service, accepted, again);
      }
      // It was decided, and has been collected; what this request laid down would never be inserted.
      await discardSubmission(pool, sitrepId, digest);
      throw await parentNotCurrent(pool, accepted);
    case 'ended':
    case 'gone':
      // It ended between the refused start and the question, most likely refused: it may be started again.
      return AGAIN;
  }
}

/**
 * Whoever was decided on has a parent that is history. If it is the head, then Temporal remembers a time that Postgres
 * does not know, since it was restored to an earlier one; and Postgres decides.
 */
async function isStillToDecide({ pool }: Service, { parentId }: Accepted): Promise<boolean> {
  return ((await currentSitrep(pool))?.id ?? null) === parentId;
}

/** There was no answer from Temporal, so whether the lifecycle runs is asked, and the rest the tables know. */
async function answerFromTables(service: Service, accepted: Accepted, reason: unknown): Promise<Answer> {
  const lifecycle = await standing(service, accepted);
  if (lifecycle === 'gone') throw notStarted(accepted, reason);
  const found = await sitrepState(service.pool, accepted.sitrepId);
  switch (found?.state) {
    case 'current':
    case 'superseded':
    case 'released':
      return accepted.decidedBefore ? known(accepted, found) : created(accepted, found);
    case 'orphaned':
      if (accepted.decidedBefore) return known(accepted, found);
      throw await parentNotCurrent(service.pool, accepted);
    default:
      if (lifecycle === 'open') return undecided(accepted, found);
      // Without a row it was collected already.
      if (lifecycle === 'completed') throw await parentNotCurrent(service.pool, accepted);
      throw notStarted(accepted, reason);
  }
}

async function answerKnown({ pool }: Service, accepted: Accepted): Promise<Answer> {
  const found = await sitrepState(pool, accepted.sitrepId);
  // Collected since: then a resubmission hears what every later one will hear.
  if (!found) throw await parentNotCurrent(pool, accepted);
  return known(accepted, found);
}

async function standing({ client }: Service, accepted: Accepted) {
  try {
    return await workflowStanding(client, workflowIdOf(accepted.sitrepId));
  } catch (error) {
    throw notStarted(accepted, error);
  }
}

function notStarted({ sitrepId }: Accepted, cause: unknown): Problem {
  const detail =
    'Temporal could not be asked to run this sitrep, so nothing is known to have begun. Submit it again: under the same id it stays one submission.';
  return new Problem('unavailable', detail, { sitrepId }, cause);
}

function created({ sitrepId: id }: Accepted, state: State): Answer {
  return { status: 201, headers: { location: `/v1/sitreps/${id}` }, body: { id, ...state } };
}

function known({ sitrepId: id }: Accepted, state: State): Answer {
  return { status: 200, body: { id, ...state } };
}

function undecided({ sitrepId: id }: Accepted, found: State | null): Answer {
  const state = found ?? { state: 'submitted', version: null };
  return { status: 202, headers: { location: `/v1/sitreps/${id}` }, body: { id, ...state } };
}
