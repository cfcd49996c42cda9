import { z } from 'zod';
import { Ena } from './ena.ts';
import { EreportView } from './ereport.ts';
import { Id } from './id.ts';
import { MAX_EREPORTS_TOLD } from './limits.ts';
import { AlertView, CaseView, SitrepHeading } from './views.ts';

const Version = z
  .object({ sitrepId: Id, version: z.int() })
  .meta({ id: 'VersionOfHistory', description: 'A sitrep in history, and its place there.' });

const AskedFor = z
  .object({
    asIn: Version.describe('The newest version that requests it.'),
    ...CaseView.shape.alertRequests.element.shape,
    caseId: Id,
  })
  .meta({ id: 'RequestOfAlert' });

const AskedBy = z
  .object({
    id: Id,
    heading: SitrepHeading.nullable().describe('Null when it has been collected.'),
  })
  .meta({ id: 'AskingSitrep' });

const CausingEreport = z
  .object({
    restartId: Id,
    ena: Ena,
    comment: z.string(),
    assignedSitrepId: Id,
    ereport: EreportView.nullable().describe('Null where the service does not have it.'),
  })
  .meta({ id: 'CausingEreport' });

const CausingCase = z
  .object({
    asIn: Version.describe('The newest version that has the case.'),
    ...CaseView.omit({ ereports: true, alertRequests: true }).shape,
    ereportCount: z.int(),
    ereports: z
      .array(CausingEreport)
      .describe(
        `Those first that the asking sitrep brought in, then the others; ${MAX_EREPORTS_TOLD} at most.`,
      ),
  })
  .meta({ id: 'CausingCase' });

/** The chain that leads to an alert; a link is null where nothing is kept of it. */
export const WhyView = z
  .object({
    alertId: Id,
    alert: AlertView.nullable().describe('Null when it was deleted, or has not been made yet.'),
    made: z
      .object({ sitrepId: Id, time: z.iso.datetime() })
      .nullable()
      .describe('By the rendezvous of which sitrep it was made; null when that is not on record.'),
    request: AskedFor.nullable().describe('Null when no version in history requests it any more.'),
    askedBy: AskedBy.nullable().describe(
      'The sitrep that first asked for it; null for alerts that Sitrep makes about itself.',
    ),
    case: CausingCase.nullable().describe('The case that asked; null when no version in history has it.'),
  })
  .meta({ id: 'Why' });
export type WhyView = z.output<typeof WhyView>;
export type CausingCase = z.output<typeof CausingCase>;
export type CausingEreport = z.output<typeof CausingEreport>;
