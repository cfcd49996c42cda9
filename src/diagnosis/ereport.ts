import { compareEna } from '../model/ena.ts';

/** Names an ereport for good: what is stored under a restart id and an ENA never changes. */
export interface EreportId {
  restartId: string;
  ena: string;
}

/** A JSON object; an engine has to look what is in it. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** An error report as engines read it; null is what its reporter left out. */
export interface Ereport extends EreportId {
  reporter: JsonRecord;
  class: string | null;
  serialNumber: string | null;
  partNumber: string | null;
  body: JsonRecord;
  timeCollected: string;
}

/** One run of a reporter, from its start to its next: within it, ENAs are in order of time. */
export interface ReporterRestart {
  restartId: string;
  /** When the latest of its ereports was collected. */
  timeLatest: string;
}

export function ereportKey({ restartId, ena }: EreportId): string {
  return `${restartId} ${ena}`;
}

export function compareEreports(a: EreportId, b: EreportId): number {
  return a.restartId < b.restartId ? -1 : a.restartId > b.restartId ? 1 : compareEna(a.ena, b.ena);
}

/** In order of restart and ENA, each once: whatever way they arrived in. */
export function inOrder<Item extends EreportId>(ereports: readonly Item[]): Item[] {
  return [...new Map(ereports.map((one) => [ereportKey(one), one])).values()].sort(compareEreports);
}
