import type { Refusal } from '../../../src/model/lifecycle.ts';
import type { Submission } from '../../../src/model/submission.ts';
import type { InsertOutcome } from '../../../src/store/sitrep-insert.ts';
import type { SubmitOutcome } from '../../../src/store/submission.ts';
import { derive, faultsOf } from './lineage.ts';
import { headOf, requestsOf, stateOf, versionOf, type World } from './world.ts';

export function submit(world: World, submission: Submission): SubmitOutcome {
  const { document, digest } = submission;
  const stored = world.sitreps.get(document.id);
  if (stored?.digest === digest) {
    return { kind: 'exists', state: stateOf(world, stored), version: versionOf(world, stored.id) };
  }
  if (stored) return { kind: 'refused', refusal: { kind: 'sitrepIdReused' } };
  const refusal = refusalOf(world, submission);
  if (refusal) return { kind: 'refused', refusal };
  const waiting = world.submissions.get(document.id);
  if (waiting && waiting.digest !== digest) return { kind: 'refused', refusal: { kind: 'sitrepIdReused' } };
  // Submitted again it is young again.
  world.submissions.delete(document.id);
  world.submissions.set(document.id, submission);
  return { kind: 'submitted' };
}

export function insertSitrep(world: World, id: string, digest: string): InsertOutcome {
  const stored = world.sitreps.get(id);
  if (stored && stored.digest !== digest) return { kind: 'refused', refusal: { kind: 'sitrepIdReused' } };
  if (stored) {
    discardSubmission(world, id, digest);
    return { kind: 'inserted', parentId: stored.parentId };
  }
  const waiting = world.submissions.get(id);
  if (waiting?.digest !== digest) return { kind: 'refused', refusal: { kind: 'submissionGone' } };
  const { document } = waiting;
  const refusal = refusalOf(world, { ...waiting, input: document });
  if (refusal) return { kind: 'refused', refusal };
  const parent = document.parentId === null ? null : (world.sitreps.get(document.parentId) ?? null);
  world.sitreps.set(id, derive(document, digest, parent));
  world.submissions.delete(id);
  return { kind: 'inserted', parentId: document.parentId };
}

export function discardSubmission(world: World, id: string, digest: string): void {
  if (world.submissions.get(id)?.digest === digest) world.submissions.delete(id);
}

/** What speaks against a document now; details of faults are left out, for they are words. */
function refusalOf(world: World, submission: Submission): Refusal | null {
  const { parentId, cases } = submission.document;
  const inHistory = parentId === null ? world.history.length === 0 : versionOf(world, parentId) !== null;
  if (!inHistory) return { kind: 'parentNotCurrent' };
  if (world.head.sitrepId !== parentId) return null;
  const parent = headOf(world);
  const faults = faultsOf(submission, parent);
  if (faults.length > 0) {
    return { kind: 'invalid', faults: faults.map((pointer) => ({ pointer, detail: '' })) };
  }
  const carried = new Set(requestsOf(parent).map(({ id }) => id));
  const requestIds = cases
    .flatMap(({ alertRequests }) => alertRequests.map(({ id }) => id))
    .filter((id) => !carried.has(id) && (world.markers.has(id) || world.alerts.has(id)))
    .sort();
  return requestIds.length > 0 ? { kind: 'requestIdUsed', requestIds, count: requestIds.length } : null;
}
