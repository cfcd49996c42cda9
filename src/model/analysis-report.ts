import { z } from 'zod';
import { Ena } from './ena.ts';
import { Id } from './id.ts';

/** What `src/diagnosis` keeps of an analysis, as the API shows it. */
const EreportName = z
  .object({ restartId: Id, ena: Ena })
  .meta({ id: 'EreportName', description: 'An ereport by what names it.' });

const LogLine = z
  .object({
    level: z.enum(['info', 'warning']),
    event: z.string(),
    values: z
      .record(
        z.string(),
        z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(z.string()).readonly()]),
      )
      .optional(),
  })
  .meta({ id: 'ReportLine' });
export type LogLine = z.output<typeof LogLine>;

const InReport = EreportName.extend({ class: z.string().nullable() });
const SetAside = InReport.extend({
  because: z.array(z.object({ engine: z.string(), why: z.string() })).describe('What the first ten said.'),
}).meta({ id: 'SetAside', description: 'A new ereport that is in no case, and what engines said of it.' });
export type SetAside = z.output<typeof SetAside>;

export const AnalysisReportView = z
  .object({
    sitrepId: Id,
    outcome: z.enum(['changed', 'unchanged']),
    inputs: z.object({
      time: z.iso.datetime().describe('What counted as now.'),
      parentId: Id.nullable(),
      newEreports: z.array(EreportName),
      openCases: z.array(Id),
      closedCasesCarried: z.array(
        z.object({ id: Id, unmarkedEreports: z.array(EreportName), unmetRequests: z.array(Id) }),
      ),
      closedCasesDropped: z.array(Id),
      casesWithoutEngine: z.array(Id).describe('Open cases that are carried as they are.'),
    }),
    engines: z.array(
      z.object({
        name: z.string(),
        log: z.array(LogLine),
        error: z.string().nullable().describe('Why nothing of what it did counts.'),
      }),
    ),
    cases: z
      .array(z.object({ id: Id, engine: z.string(), log: z.array(LogLine) }))
      .describe('Those about which anything was logged.'),
    notUnderstood: z.array(SetAside),
    ignored: z.array(SetAside),
    undecided: z.array(InReport).describe('Of an engine that failed: the next analysis has to read them.'),
  })
  .meta({ id: 'AnalysisReport', description: 'What an analysis saw, and why it did what it did.' });
export type AnalysisReportView = z.output<typeof AnalysisReportView>;

/** Enough to run the analysis again. */
export const AnalysisInputsView = z
  .object({
    time: z.iso.datetime(),
    parentId: Id.nullable(),
    arrived: z.array(EreportName).describe('Those that no sitrep had taken account of.'),
    missing: z
      .array(EreportName)
      .describe('Of the open cases of the parent, the ereports that the service did not have.'),
    unmarked: z
      .array(EreportName)
      .describe('Of the cases of the parent, the ereports that were not marked as seen yet.'),
    metRequests: z.array(Id).describe('Requests of closed cases of the parent that had been met.'),
    restarts: z.array(z.object({ restartId: Id, timeLatest: z.iso.datetime() })),
    configurationVersion: z.int().describe('What the engines were configured with; 0 for the defaults.'),
  })
  .meta({ id: 'AnalysisInputs', description: 'What an analysis depended on; ereports and parent by name.' });
export type AnalysisInputsView = z.output<typeof AnalysisInputsView>;

/** What is kept of the analysis that made a sitrep. */
export const AnalysisView = z
  .object({
    sitrepId: Id,
    timeCreated: z.iso.datetime(),
    inputs: AnalysisInputsView,
    report: AnalysisReportView,
  })
  .meta({ id: 'Analysis' });
export type AnalysisView = z.output<typeof AnalysisView>;
