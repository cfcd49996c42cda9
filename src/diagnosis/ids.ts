import canonicalize from 'canonicalize';
import { v5 } from 'uuid';
import { digestOf } from '../model/submission.ts';
import type { Engine } from './engine.ts';
import { ereportKey, inOrder } from './ereport.ts';
import type { AnalysisInputs } from './inputs.ts';

/** The namespace (RFC 9562) of the ids of sitreps that diagnosis makes; each of these is that of the ids within it. */
const DIAGNOSED_SITREPS = '6f0f5bb0-7d0c-5b8e-9a34-1f3c36a1e0d7';

/**
 * The id of the sitrep that these inputs lead to. Ereports and the parent go in by name alone, for what is stored under
 * their names never changes; with 10,000 open cases their contents would take longer than the diagnosis.
 */
export function sitrepIdFor(inputs: AnalysisInputs, engines: readonly Engine[]): string {
  return idWithin(DIAGNOSED_SITREPS, {
    time: inputs.time,
    parentId: inputs.parent?.id ?? null,
    arrived: inOrder(inputs.arrived).map(ereportKey),
    assigned: inOrder(inputs.assigned).map(ereportKey),
    unmarked: inOrder(inputs.unmarked).map(ereportKey),
    metRequests: [...new Set(inputs.metRequests)].sort(),
    restarts: [
      ...new Set(inputs.restarts.map(({ restartId, timeLatest }) => `${restartId} ${timeLatest}`)),
    ].sort(),
    engines: engines.map(({ name, classes, settings }) => ({ name, classes, settings: settings ?? null })),
  });
}

export function caseId(sitrepId: string, engine: string, nth: number): string {
  return idWithin(sitrepId, { case: nth, engine });
}

export function requestId(sitrepId: string, ofCase: string, nth: number): string {
  return idWithin(sitrepId, { request: nth, case: ofCase });
}

function idWithin(namespace: string, name: object): string {
  return v5(digestOf(Buffer.from(canonicalize(name) as string)), namespace);
}
