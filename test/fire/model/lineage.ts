import { isDeepStrictEqual } from 'node:util';
import type { SitrepDocument } from '../../../src/model/sitrep.ts';
import type { Submission } from '../../../src/model/submission.ts';
import { type Case, requestsOf, type Sitrep } from './world.ts';

/** A document as it is written below this parent: each thing names the sitrep that said it first. */
export function derive(document: SitrepDocument, digest: string, parent: Sitrep | null): Sitrep {
  const carried = new Map(requestsOf(parent).map((request) => [request.id, request]));
  const asked = document.cases.flatMap(({ alertRequests }) => alertRequests);
  const asksForMore = parent === null || asked.some(({ id }) => !carried.has(id));
  const generation = (parent?.generation ?? 0) + (asksForMore ? 1 : 0);
  const { id, parentId, creator, comment } = document;
  const cases = document.cases.map((oneCase): Case => {
    const before = parent?.cases.find((other) => other.id === oneCase.id);
    return {
      id: oneCase.id,
      engine: oneCase.engine,
      comment: oneCase.comment,
      createdIn: before?.createdIn ?? id,
      closedIn: oneCase.closed ? (before?.closedIn ?? id) : null,
      ereports: oneCase.ereports.map((ereport) => ({
        ...ereport,
        assignedIn:
          before?.ereports.find((other) => other.restartId === ereport.restartId && other.ena === ereport.ena)
            ?.assignedIn ?? id,
      })),
      requests: oneCase.alertRequests.map((request) => ({
        ...request,
        caseId: oneCase.id,
        requestedIn: carried.get(request.id)?.requestedIn ?? id,
        generation: carried.get(request.id)?.generation ?? generation,
      })),
    };
  });
  return { id, parentId, creator, comment, digest, generation, released: false, cases };
}

/** Where a document, as it was sent, contradicts its parent: JSON pointers. */
export function faultsOf({ input, document, digest }: Submission, parent: Sitrep | null): string[] {
  const derived = derive(document, digest, parent);
  const carried = new Map(requestsOf(parent).map((request) => [request.id, request]));
  const faults: string[] = [];
  const differs = (claim: string | null | undefined, truth: string | null, pointer: string) => {
    if (claim !== null && claim !== undefined && claim !== truth) faults.push(pointer);
  };
  for (const [c, sent] of input.cases.entries()) {
    const truth = derived.cases.find(({ id }) => id === sent.id);
    if (!truth) throw new Error('A case was lost in the derivation.');
    const at = `/cases/${c}`;
    const before = parent?.cases.find(({ id }) => id === sent.id);
    if (before?.closedIn && !sent.closed) faults.push(`${at}/closed`);
    else differs(sent.closedSitrepId, truth.closedIn, `${at}/closedSitrepId`);
    differs(sent.createdSitrepId, truth.createdIn, `${at}/createdSitrepId`);
    for (const [e, { restartId, ena, assignedSitrepId }] of sent.ereports.entries()) {
      const assigned = truth.ereports.find((other) => other.restartId === restartId && other.ena === ena);
      differs(assignedSitrepId, assigned?.assignedIn ?? null, `${at}/ereports/${e}/assignedSitrepId`);
    }
    for (const [r, request] of sent.alertRequests.entries()) {
      const pointer = `${at}/alertRequests/${r}`;
      const first = truth.requests.find(({ id }) => id === request.id);
      differs(request.requestedSitrepId, first?.requestedIn ?? null, `${pointer}/requestedSitrepId`);
      const was = carried.get(request.id);
      if (!was) continue;
      if (was.class !== request.class) faults.push(`${pointer}/class`);
      if (was.version !== request.version) faults.push(`${pointer}/version`);
      if (!isDeepStrictEqual(was.payload, request.payload)) faults.push(`${pointer}/payload`);
      if (was.caseId !== sent.id) faults.push(`${pointer}/id`);
    }
  }
  return faults;
}
