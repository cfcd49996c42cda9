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
    opened: z.array(CaseInBrief).describe('Cases that only today’s engines have.'),
    changed: z.array(CaseChange).describe('Cases that both have, and that differ.'),
    closed: z.array(CaseChange).describe('Cases that only today’s engines close.'),
    gone: z.array(CaseInBrief).describe('Cases that today’s engines do not have.'),
    requestsAdded: z.array(RequestInCase),
    requestsDropped: z.array(RequestInCase),
  })
  .meta({ id: 'Differences' }) satisfies z.ZodType<Differences>;

/** What today's engines make of the inputs of a sitrep that analysis made. */
export const RediagnosisView = z
  .object({
    sitrepId: Id,
    outcome: z
      .enum(['same', 'different', 'parentCollected'])
      .describe(
        'Whether today’s engines would make the same of it; `parentCollected` where that cannot be told any more.',
      ),
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
