import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  defineSignal,
  defineUpdate,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import type { LifecycleActivities } from '../activities/index.ts';
import {
  DECISION_UPDATE,
  type Decision,
  type LifecycleInput,
  type LifecycleResult,
  RELEASED_SIGNAL,
  type Refusal,
  SUPERSEDED_SIGNAL,
  workflowIdOf,
} from '../model/lifecycle.ts';
import { ACTIVITY } from './activity-options.ts';
import { describe, show } from './standing.ts';

const decisionUpdate = defineUpdate<Decision>(DECISION_UPDATE);
const supersededSignal = defineSignal(SUPERSEDED_SIGNAL);
const releasedSignal = defineSignal(RELEASED_SIGNAL);

const { insertSitrep } = proxyActivities<LifecycleActivities>({
  ...ACTIVITY,
  summary: 'Write the sitrep with all its children',
});
const { makeCurrent } = proxyActivities<LifecycleActivities>({
  ...ACTIVITY,
  summary: 'Make it current, if its parent is',
});
const { rendezvous } = proxyActivities<LifecycleActivities>({
  ...ACTIVITY,
  summary: 'Make the alerts that it requests',
});
const { collectSitrep } = proxyActivities<LifecycleActivities>({
  ...ACTIVITY,
  summary: 'Delete the sitrep with all its children',
});
const { discardSubmission } = proxyActivities<LifecycleActivities>({
  ...ACTIVITY,
  summary: 'Delete the refused submission',
});

/** Where a made sitrep stands in history: what the second half of its life goes on from. */
interface Place {
  version: number;
  isHead: boolean;
}

/**
 * The life of one sitrep, from its submission to its collection. Run again after it was terminated or had
 * failed, it takes its state from Postgres, through the same steps, and waits for nothing that is past.
 */
export async function sitrepLifecycle(input: LifecycleInput): Promise<LifecycleResult> {
  const { sitrepId } = input;
  let decision: Decision | undefined;
  const heard = listen();
  setHandler(decisionUpdate, async () => {
    await condition(() => decision !== undefined);
    return decision as Decision;
  });

  show('submitted', 'Its document is being written.');
  const inserted = await insertSitrep(input);
  if (inserted.kind === 'refused') {
    decision = { kind: 'refused', refusal: inserted.refusal };
    return refuse(input, inserted.refusal);
  }

  show('inserted', 'It becomes current if its parent is current now.');
  const made = await makeCurrent(sitrepId, inserted.parentId);
  switch (made.kind) {
    case 'sitrepGone':
      decision = { kind: 'refused', refusal: made };
      return refuse(input, made);
    case 'orphaned':
      decision = { kind: 'orphaned' };
      return orphan(sitrepId, made.graceMs);
    case 'released':
      decision = made;
      return collect(sitrepId, null, heard);
    case 'current':
      decision = { kind: 'current', version: made.version };
      await Promise.all([
        signalOthers(inserted.parentId, made.releasedIds),
        made.isHead ? reign(sitrepId, made, heard) : undefined,
      ]);
      return retire(sitrepId, made, heard);
  }
}

/** What was signalled. Sticky: a signal may come before the state that it ends, and twice. */
interface Heard {
  superseded: boolean;
  released: boolean;
}
function listen(): Heard {
  const heard: Heard = { superseded: false, released: false };
  setHandler(supersededSignal, () => {
    heard.superseded = true;
  });
  setHandler(releasedSignal, () => {
    heard.released = true;
  });
  return heard;
}

/** While it is current: makes its alerts, then waits for a successor. */
async function reign(sitrepId: string, { version }: Place, heard: Heard): Promise<void> {
  show('current', 'Its alerts are being made.', version);
  const outcome = await rendezvous(sitrepId);
  if (outcome.kind === 'met') {
    const { examined, created } = outcome;
    describe(
      'current',
      `Reconciled: ${created} alerts made, of ${examined} requests looked at. Waits to be superseded.`,
      version,
    );
  } else {
    describe(
      'current',
      'Superseded before all its alerts were made; its successor makes those it carries on.',
      version,
    );
  }
  await condition(() => heard.superseded || heard.released);
}

/** After it was current: waits until history has moved on far enough. */
async function retire(sitrepId: string, { version }: Place, heard: Heard): Promise<LifecycleResult> {
  show('superseded', 'Kept until it is released from history.', version);
  await condition(() => heard.released);
  return collect(sitrepId, version, heard);
}

async function collect(sitrepId: string, version: number | null, heard: Heard): Promise<LifecycleResult> {
  show('released', 'No longer in history. It is being deleted.');
  while ((await collectSitrep(sitrepId)) === 'kept') {
    // Signalled too early, by hand: it is still in history, and whoever takes it out will signal.
    heard.released = false;
    show('superseded', 'Kept: it was signalled as released, and is still in history.');
    await condition(() => heard.released);
    show('released', 'No longer in history. It is being deleted.');
  }
  show('collected', 'Deleted after it was released from history.');
  return { state: 'collected', was: 'released', version };
}

/** It has lost for good, and stays only so that people can see what lost. */
async function orphan(sitrepId: string, graceMs: number): Promise<LifecycleResult> {
  show(
    'orphaned',
    'Another sitrep became current in its place. It caused no alert; it is kept for the grace period.',
  );
  await sleep(graceMs);
  if ((await collectSitrep(sitrepId)) === 'kept') {
    throw ApplicationFailure.nonRetryable(`The orphaned sitrep ${sitrepId} is in history, which cannot be.`);
  }
  show('collected', 'Deleted after the grace period of an orphan.');
  return { state: 'collected', was: 'orphaned', version: null };
}

/**
 * Ends as failed, so that the same document may be submitted again; benign, so that nobody is alarmed. The
 * submission goes only now that its refusal is in the history: a retried insert would otherwise find
 * nothing, and give another reason.
 */
async function refuse(input: LifecycleInput, refusal: Refusal): Promise<never> {
  show('refused', `Refused: ${refusal.kind}. Nothing of it was kept.`);
  await discardSubmission(input);
  await condition(allHandlersFinished);
  throw ApplicationFailure.create({
    type: refusal.kind,
    message: `The sitrep ${input.sitrepId} was refused: ${refusal.kind}.`,
    details: [refusal],
    nonRetryable: true,
    category: 'BENIGN',
  });
}

/** Tells the predecessor that it is superseded, and those that fell out of history that they may go. */
async function signalOthers(parentId: string | null, releasedIds: string[]): Promise<void> {
  await Promise.all([
    ...(parentId === null ? [] : [signal(parentId, SUPERSEDED_SIGNAL)]),
    ...releasedIds.map((id) => signal(id, RELEASED_SIGNAL)),
  ]);
}

/** One to a lifecycle that is gone is ignored; what misses its signal for any other reason, `tend` signals. */
async function signal(sitrepId: string, name: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(workflowIdOf(sitrepId)).signal(name);
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}
