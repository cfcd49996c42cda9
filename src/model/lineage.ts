import { isDeepStrictEqual } from 'node:util';
import canonicalize from 'canonicalize';
import { type Fault, Faults } from './fault.ts';
import type { JsonObject } from './json.ts';
import type { AlertRequest, SitrepDocument, SitrepInput } from './sitrep.ts';

/** What a sitrep hands on to its children. */
export interface Heritage {
  alertGeneration: number;
  cases: Map<string, { createdSitrepId: string; closedSitrepId: string | null }>;
  /** Assigned sitrep id by `assignmentKey`. */
  ereports: Map<string, string>;
  requests: Map<string, { requestedSitrepId: string; generation: number }>;
}
/** A sitrep as its children are held against it: what its requests say as well. */
export interface Parent extends Heritage {
  requests: Map<string, CarriedRequest>;
}
export interface CarriedRequest extends Omit<AlertRequest, 'id' | 'comment'> {
  caseId: string;
  requestedSitrepId: string;
  generation: number;
}

/** What the service adds to a document: who first said each thing, and how new each request is. */
export interface Lineage {
  alertGeneration: number;
  newRequestIds: string[];
  createdSitrepId(caseId: string): string;
  closedSitrepId(oneCase: { id: string; closed: boolean }): string | null;
  assignedSitrepId(caseId: string, restartId: string, ena: string): string;
  requested(requestId: string): { requestedSitrepId: string; generation: number };
}

export function assignmentKey(caseId: string, restartId: string, ena: string): string {
  return `${caseId} ${restartId} ${ena}`;
}

/** Derives from the parent (null for a first sitrep) what the submitter does not get to invent. */
export function lineageOf(document: SitrepDocument, parent: Heritage | null): Lineage {
  const newRequestIds = document.cases
    .flatMap((oneCase) => oneCase.alertRequests)
    .filter((request) => !parent?.requests.has(request.id))
    .map((request) => request.id);
  const asksForMore = parent === null || newRequestIds.length > 0;
  const alertGeneration = (parent?.alertGeneration ?? 0) + (asksForMore ? 1 : 0);
  return {
    alertGeneration,
    newRequestIds,
    createdSitrepId: (caseId) => parent?.cases.get(caseId)?.createdSitrepId ?? document.id,
    closedSitrepId: ({ id, closed }) =>
      closed ? (parent?.cases.get(id)?.closedSitrepId ?? document.id) : null,
    assignedSitrepId: (caseId, restartId, ena) =>
      parent?.ereports.get(assignmentKey(caseId, restartId, ena)) ?? document.id,
    requested: (requestId) => {
      const carried = parent?.requests.get(requestId);
      return {
        requestedSitrepId: carried?.requestedSitrepId ?? document.id,
        generation: carried?.generation ?? alertGeneration,
      };
    },
  };
}

/**
 * What a document says against its parent: reopened cases, carried requests that changed, and sitrep ids
 * that differ from the derived ones.
 */
export function lineageFaults(
  claims: Pick<SitrepInput, 'cases'>,
  lineage: Lineage,
  parent: Parent | null,
): Fault[] {
  const faults = new Faults();
  for (const [c, oneCase] of claims.cases.entries()) {
    const path = ['cases', c];
    if (!oneCase.closed && parent?.cases.get(oneCase.id)?.closedSitrepId) {
      faults.add([...path, 'closed'], 'must stay true: a case once closed stays closed');
    } else {
      checkClaim(
        oneCase.closedSitrepId,
        lineage.closedSitrepId(oneCase),
        [...path, 'closedSitrepId'],
        faults,
      );
    }
    checkClaim(
      oneCase.createdSitrepId,
      lineage.createdSitrepId(oneCase.id),
      [...path, 'createdSitrepId'],
      faults,
    );
    for (const [e, { restartId, ena, assignedSitrepId }] of oneCase.ereports.entries()) {
      const derived = lineage.assignedSitrepId(oneCase.id, restartId, ena);
      checkClaim(assignedSitrepId, derived, [...path, 'ereports', e, 'assignedSitrepId'], faults);
    }
    for (const [r, request] of oneCase.alertRequests.entries()) {
      const requestPath = [...path, 'alertRequests', r];
      const { requestedSitrepId } = lineage.requested(request.id);
      checkClaim(request.requestedSitrepId, requestedSitrepId, [...requestPath, 'requestedSitrepId'], faults);
      const carried = parent?.requests.get(request.id);
      if (carried) checkCarried(request, oneCase.id, carried, requestPath, faults);
    }
  }
  return faults.list;
}

function checkClaim(
  claimed: string | null | undefined,
  derived: string | null,
  path: PropertyKey[],
  faults: Faults,
): void {
  if (claimed === null || claimed === undefined || claimed === derived) return;
  faults.add(path, derived === null ? 'must be null or absent' : `must be ${derived}, or absent`);
}

function checkCarried(
  request: Omit<AlertRequest, 'comment'>,
  caseId: string,
  carried: CarriedRequest,
  path: PropertyKey[],
  faults: Faults,
): void {
  const must = 'must be what the parent has: a carried request keeps its class, version, payload and case';
  if (request.class !== carried.class) faults.add([...path, 'class'], must);
  if (request.version !== carried.version) faults.add([...path, 'version'], must);
  if (!samePayload(request.payload, carried.payload)) faults.add([...path, 'payload'], must);
  if (caseId !== carried.caseId) faults.add([...path, 'id'], `${must}; it belongs to case ${carried.caseId}`);
}

/** Whether a request asks for what the parent's of its id does. */
export function saysTheSame(
  request: Omit<AlertRequest, 'comment'>,
  { class: name, version, payload }: Omit<CarriedRequest, 'caseId'>,
): boolean {
  return request.class === name && request.version === version && samePayload(request.payload, payload);
}

/** Usually the quick look suffices; the canonical forms settle what it calls different: -0 and 0 are the same JSON. */
function samePayload(a: JsonObject, b: JsonObject): boolean {
  return isDeepStrictEqual(a, b) || canonicalize(a) === canonicalize(b);
}
