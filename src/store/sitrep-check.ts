import type { Fault } from '../model/fault.ts';
import type { Refusal } from '../model/lifecycle.ts';
import { type Lineage, lineageFaults, lineageOf, type Parent, saysTheSame } from '../model/lineage.ts';
import { newRequestFaults } from '../model/new-request-faults.ts';
import type { AlertRequest, SitrepDocument, SitrepInput } from '../model/sitrep.ts';
import { type ParentStanding, parentStanding, readHeritage, readParent } from './parent.ts';
import type { Queryable } from './transaction.ts';

export type Check = { kind: 'sound'; lineage: Lineage } | { kind: 'refused'; refusal: Refusal };

/** Used ids that a refusal names; it travels through Temporal, whose payloads are bounded. */
const NAMED_IDS = 100;

/**
 * Holds a document against its parent before it is accepted, so that its sender hears at once. `claims` are the
 * sitrep ids that the submitter sent along. What is sound stays sound: neither the document nor a parent that is
 * in history ever changes, and one that is no longer the head never is again.
 */
export async function checkAgainstParent(
  database: Queryable,
  document: SitrepDocument,
  claims: Pick<SitrepInput, 'cases'>,
): Promise<Check> {
  const parent = document.parentId === null ? null : await readParent(database, document.parentId);
  const lineage = lineageOf(document, parent);
  const standing = await parentStanding(database, document.parentId, lineage.newRequestIds);
  const faults = faultsBeside(parent, standing.inHistory && standing.isHead, claims, lineage);
  if (faults.length > 0) return { kind: 'refused', refusal: { kind: 'invalid', faults } };
  return judge(standing, lineage);
}

function faultsBeside(
  parent: Parent | null,
  isHead: boolean,
  claims: Pick<SitrepInput, 'cases'>,
  lineage: Lineage,
): Fault[] {
  const isCarried = (request: AlertRequest) => {
    const carried = parent?.requests.get(request.id);
    // Beside the head, whatever is carried and changed will be found below.
    return carried !== undefined && (isHead || saysTheSame(request, carried));
  };
  const faults = newRequestFaults(claims.cases, isCarried);
  return faults.length > 0 || !isHead ? faults : lineageFaults(claims, lineage, parent);
}

/**
 * Asks at the insert, with the parent's row locked, what may have changed since: whether the parent is in history
 * and the head, and whether an id has been used. What the children inherit is all that is read of the parent.
 */
export async function inheritFromParent(database: Queryable, document: SitrepDocument): Promise<Check> {
  const parent = document.parentId === null ? null : await readHeritage(database, document.parentId);
  const lineage = lineageOf(document, parent);
  return judge(await parentStanding(database, document.parentId, lineage.newRequestIds), lineage);
}

function judge({ inHistory, isHead, usedRequestIds: used }: ParentStanding, lineage: Lineage): Check {
  if (!inHistory) return { kind: 'refused', refusal: { kind: 'parentNotCurrent' } };
  // One whose parent is not the head can only be orphaned, so it causes nothing that would have to be right.
  if (!isHead || used.length === 0) return { kind: 'sound', lineage };
  const requestIds = used.slice(0, NAMED_IDS);
  return { kind: 'refused', refusal: { kind: 'requestIdUsed', requestIds, count: used.length } };
}
