import { z } from 'zod';
import { Ena } from './ena.ts';
import { Id } from './id.ts';
import { anyObject } from './json-object.ts';
import { STORED_STATES, TEND_KINDS, type TendKind } from './lifecycle.ts';

/** What the API answers with. Times are RFC 3339 in UTC. */
const Time = z.iso.datetime();

export const RendezvousView = z
  .object({
    reconciled: z.boolean().describe('Whether each alert that the sitrep requests has been made.'),
    generation: z.int().describe('How often the chain has asked for something new.'),
    metGeneration: z.int().describe('The generation up to which all that was requested has been made.'),
    last: z
      .object({
        sitrepId: Id.describe('The sitrep whose rendezvous this was.'),
        time: Time,
        examined: z.int().describe('Requests looked at.'),
        created: z.int().describe('Alerts made.'),
      })
      .nullable()
      .describe('What the last rendezvous that had something to do did.'),
  })
  .meta({ id: 'Rendezvous' });

const heading = {
  id: Id,
  parentId: Id.nullable(),
  creator: z.string(),
  comment: z.string(),
  state: z.enum(STORED_STATES),
  version: z.int().nullable().describe('Its place in history; null when it is not there.'),
  timeCreated: Time,
  timeMadeCurrent: Time.nullable(),
  timeReleased: Time.nullable(),
  workflowId: z.string().describe('The workflow ID of its lifecycle in Temporal.'),
};

export const SitrepHeading = z.object(heading).meta({ id: 'SitrepHeading' });

export const CaseView = z
  .object({
    id: Id,
    engine: z.string(),
    closed: z.boolean(),
    comment: z.string(),
    createdSitrepId: Id,
    closedSitrepId: Id.nullable(),
    ereports: z.array(
      z.object({
        restartId: Id,
        ena: Ena,
        comment: z.string(),
        assignedSitrepId: Id,
        ereport: anyObject().nullable().describe('The ereport itself, where the service has it.'),
      }),
    ),
    alertRequests: z.array(
      z.object({
        id: Id,
        class: z.string(),
        version: z.int(),
        payload: anyObject(),
        comment: z.string(),
        requestedSitrepId: Id,
      }),
    ),
  })
  .meta({ id: 'Case' });

export const SitrepView = z
  .object({
    ...heading,
    rendezvous: RendezvousView.nullable().describe('For the current sitrep; null for others.'),
    cases: z.array(CaseView),
  })
  .meta({ id: 'Sitrep' });

export const AlertView = z
  .object({
    id: Id,
    class: z.string(),
    version: z.int(),
    payload: anyObject(),
    caseId: Id.nullable().describe('Null for alerts that Sitrep makes about itself.'),
    requestedSitrepId: Id.nullable().describe('The sitrep that first asked for it.'),
    timeCreated: Time,
    timeDispatched: Time.nullable(),
    numDispatched: z.int(),
  })
  .meta({ id: 'Alert' });

/** The answer to a submission: where the sitrep is now. */
export const SubmissionView = z
  .object({ id: Id, state: z.enum(STORED_STATES), version: z.int().nullable() })
  .meta({ id: 'SubmissionResult' });

const FoundView = z.object({ count: z.int(), ids: z.array(z.string()) });
export const TendReportView = z
  .object({
    dryRun: z.boolean(),
    thorough: z.boolean().describe('Whether all requests of the head were looked at.'),
    found: z.object(
      Object.fromEntries(
        Object.entries(TEND_KINDS).map(([kind, what]) => [kind, FoundView.describe(what)]),
      ) as Record<TendKind, typeof FoundView>,
    ),
  })
  .meta({ id: 'TendReport' });

export type RendezvousView = z.output<typeof RendezvousView>;
export type SitrepHeading = z.output<typeof SitrepHeading>;
export type CaseView = z.output<typeof CaseView>;
export type SitrepView = z.output<typeof SitrepView>;
export type AlertView = z.output<typeof AlertView>;
export type SubmissionView = z.output<typeof SubmissionView>;
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}
