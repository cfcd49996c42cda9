import { z } from 'zod';
import { Ena } from './ena.ts';
import { Id } from './id.ts';
import type { JsonObject } from './json.ts';
import { anyObject } from './json-object.ts';
import { MAX_CREATOR } from './limits.ts';
import { text } from './text.ts';

/**
 * The document that is submitted. What the service adds when the sitrep is read may come back with it,
 * so that a sitrep that was read can be edited and submitted as a child: fields at the top level and
 * the bodies of ereports are ignored, the sitrep ids inside cases are compared with what the service
 * derives from the parent.
 */
const ignored = z.unknown().optional();
const derivedId = Id.nullish();

export const EreportAssignmentInput = z
  .strictObject({
    restartId: Id,
    ena: Ena,
    comment: text().default(''),
    assignedSitrepId: derivedId,
    ereport: ignored,
  })
  .meta({ id: 'EreportAssignmentInput', description: 'An ereport that belongs to a case.' });

export const AlertRequestInput = z
  .strictObject({
    id: Id.describe('The id that the alert will have.'),
    class: text(200),
    version: z.int32().min(0),
    payload: anyObject(),
    comment: text().default(''),
    requestedSitrepId: derivedId,
  })
  .meta({ id: 'AlertRequestInput', description: 'An alert that shall exist once the sitrep is current.' });

export const CaseInput = z
  .strictObject({
    id: Id,
    engine: text(200).min(1, 'must not be empty'),
    closed: z.boolean().default(false),
    comment: text().default(''),
    ereports: z.array(EreportAssignmentInput).default([]),
    alertRequests: z.array(AlertRequestInput).default([]),
    createdSitrepId: derivedId,
    closedSitrepId: derivedId,
  })
  .meta({ id: 'CaseInput', description: 'Something that is believed to be wrong, open or closed.' });

export const SitrepInput = z
  .strictObject({
    id: Id.optional().describe('Made by the service when absent.'),
    parentId: Id.nullable().describe('The sitrep that this one was made from; null for the first.'),
    creator: text(MAX_CREATOR).min(1, 'must not be empty'),
    comment: text().default(''),
    cases: z.array(CaseInput),
    state: ignored,
    version: ignored,
    timeCreated: ignored,
    timeMadeCurrent: ignored,
    timeReleased: ignored,
    workflowId: ignored,
    rendezvous: ignored,
  })
  .meta({ id: 'SitrepInput', description: 'A situation report to be submitted.' });

export type SitrepInput = z.output<typeof SitrepInput>;

/** The submitter's part of a sitrep, normalised: ids in lower case, defaults filled in, children sorted. */
export interface SitrepDocument {
  id: string;
  parentId: string | null;
  creator: string;
  comment: string;
  cases: CaseDocument[];
}
export interface CaseDocument {
  id: string;
  engine: string;
  closed: boolean;
  comment: string;
  ereports: EreportAssignment[];
  alertRequests: AlertRequest[];
}
export interface EreportAssignment {
  restartId: string;
  ena: string;
  comment: string;
}
export interface AlertRequest {
  id: string;
  class: string;
  version: number;
  payload: JsonObject;
  comment: string;
}
