import type { z } from 'zod';
import { type Ereport, type EreportInput, readEreport } from '../../src/model/ereport.ts';
import { newId } from '../../src/model/id.ts';

/** An ereport as a client sends it. */
export type SentEreport = z.input<typeof EreportInput>;

export function anEreport(fields: Partial<SentEreport> = {}): SentEreport {
  return {
    restartId: newId(),
    ena: '0x1',
    reporter: { type: 'source', source: 'test' },
    timeCollected: '2026-11-20T08:10:27.512Z',
    body: { k: 'test.happened' },
    ...fields,
  };
}

/** Ereports of one restart, with ENAs from 1. */
export function ereportsOf(
  restartId: string,
  count: number,
  fields: Partial<SentEreport> = {},
): SentEreport[] {
  return Array.from({ length: count }, (_, n) => anEreport({ restartId, ena: String(n + 1), ...fields }));
}

/** A valid ereport as the store takes it. */
export function taken(sent: unknown): Ereport {
  const read = readEreport(sent);
  if ('faults' in read) throw new Error(`The test's ereport is not valid: ${JSON.stringify(read.faults)}`);
  return read.ereport;
}
