import { z } from 'zod';
import type { Differences } from './diff.ts';
import { Ena } from './ena.ts';
import { Id } from './id.ts';

const Changes = z.record(z.string(), z.object({ from: z.unknown(), to: z.unknown() }));
const CaseInBrief = z
  .object({ id: Id, engine: z.string(), closed: z.boolean(), comment: z.string() })
  .meta({ id: 'CaseInBrief' });
const EreportInCase = z
  .object({ restartId: Id, ena: Ena, comment: z.string() })
  .meta({ id: 'EreportInCase' });
const RequestInCase = z
  .object({ id: Id, caseId: Id, class: z.string(), version: z.int(), comment: z.string() })
  .meta({ id: 'RequestInCase' });
const CaseChange = z
  .object({
    id: Id,
    engine: z.string(),
    fields: Changes,
    ereportsAdded: z.array(EreportInCase),
    ereportsDropped: z.array(EreportInCase),
    ereportsChanged: z.array(EreportInCase.extend({ fields: Changes })),
    requestsAdded: z.array(RequestInCase),
    requestsDropped: z.array(RequestInCase),
    requestsChanged: z.array(RequestInCase.extend({ fields: Changes })),
  })
  .meta({ id: 'CaseChange' });

/** As `diffCases` makes them. */
const DifferencesView = z
  .object({
    opened: z.array(CaseInBrief).describe('Cases that only the engines of today have.'),
    changed: z.array(CaseChange).describe('Cases that both have, and that differ.'),
    closed: z.array(CaseChange).describe('Cases that only the engines of today close.'),
    gone: z.array(CaseInBrief).describe('Cases that the engines of today do not have.'),
    requestsAdded: z.array(RequestInCase),
    requestsDropped: z.array(RequestInCase),
  })
  .meta({ id: 'Differences' }) satisfies z.ZodType<Differences>;

/** What today's engines make of the inputs of one version, which analysis made. */
export const RediagnosisView = z
  .object({
    version: z.int(),
    sitrepId: Id,
    outcome: z
      .enum(['same', 'different', 'notAnalysis', 'unreadable', 'parentCollected', 'ereportsGone'])
      .describe(
        'Whether the engines of today would make the same of it. Where its inputs are not kept, why: somebody else than analysis made it; another version of Sitrep wrote them, and this one cannot read them; its parent has been collected; ereports that it read are not there any more.',
      ),
    configurationVersion: z
      .int()
      .nullable()
      .describe('What engines were configured with when it was made; null where its inputs are not kept.'),
    differences: DifferencesView.describe('From the sitrep as it was made to what would be made.'),
    omitted: z
      .int()
      .describe('Differences that are left out, since all of them would be too large for one answer.'),
    failedEngines: z
      .array(z.object({ name: z.string(), error: z.string() }))
      .describe('Engines that threw; nothing that they did counts.'),
  })
  .meta({ id: 'Rediagnosis' });
export type RediagnosisView = z.output<typeof RediagnosisView>;

/** As many versions as a page takes, and where the next one begins. */
export const RediagnosisPage = z
  .object({
    items: z.array(RediagnosisView).describe('Versions in their order; those that were pruned are left out.'),
    nextVersion: z.int().nullable().describe('Where the next page begins; null at the current version.'),
    currentVersion: z.int().describe('The version that was current when the page was begun.'),
    configurationVersion: z
      .int()
      .describe('What the engines of today are configured with; 0 for the defaults.'),
  })
  .meta({ id: 'RediagnosisPage' });
export type RediagnosisPage = z.output<typeof RediagnosisPage>;

/** The workflow that makes a page. */
export const REDIAGNOSE = 'rediagnose';

export interface RediagnosisAsked {
  /** The first version. */
  from: number;
  /** How many at most. */
  limit: number;
}
