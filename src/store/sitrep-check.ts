import type { Refusal } from '../model/lifecycle.ts';
import { type Lineage, lineageFaults, lineageOf } from '../model/lineage.ts';
import type { SitrepDocument, SitrepInput } from '../model/sitrep.ts';
import { parentStanding, readParent } from './parent.ts';
import type { Queryable } from './transaction.ts';

export type Check = { kind: 'sound'; lineage: Lineage } | { kind: 'refused'; refusal: Refusal };

/** Used ids that a refusal names; it travels through Temporal, whose payloads are bounded. */
const NAMED_IDS = 100;

/**
 * Holds a document against its parent. The API asks before it accepts a submission, so that its sender
 * hears at once; the insert asks again, with the parent's row locked, and writes what was derived.
 * `claims` are the sitrep ids that the submitter sent along; the stored document has none.
 */
export async function checkAgainstParent(
  database: Queryable,
  document: SitrepDocument,
  claims: Pick<SitrepInput, 'cases'>,
): Promise<Check> {
  const parent = document.parentId === null ? null : await readParent(database, document.parentId);
  const lineage = lineageOf(document, parent);
  const standing = await parentStanding(database, document.parentId, lineage.newRequestIds);
  if (!standing.inHistory) return { kind: 'refused', refusal: { kind: 'parentNotCurrent' } };
  // It has lost already and can only be orphaned, so it causes nothing that would have to be right.
  if (!standing.isHead) return { kind: 'sound', lineage };
  const faults = lineageFaults(claims, lineage, parent);
  if (faults.length > 0) return { kind: 'refused', refusal: { kind: 'invalid', faults } };
  const used = standing.usedRequestIds;
  if (used.length > 0) {
    const refusal: Refusal = {
      kind: 'requestIdUsed',
      requestIds: used.slice(0, NAMED_IDS),
      count: used.length,
    };
    return { kind: 'refused', refusal };
  }
  return { kind: 'sound', lineage };
}
