import { z } from 'zod';
import { type Ereport, EreportInput, readEreport } from './ereport.ts';
import type { Fault } from './fault.ts';
import { type JsonReading, readJson } from './json.ts';
import { elementsOf, linesOf } from './json-text.ts';
import { MAX_EREPORTS, MAX_FAULTS } from './limits.ts';

/** What comes as JSON: one ereport, or a list of them. */
export const EreportBatch = z.union([EreportInput, z.array(EreportInput).max(MAX_EREPORTS)]);

/** What came of a batch; each of its ereports is new, known or refused. */
export const IngestView = z
  .object({
    new: z.int().describe('Written by this request.'),
    known: z
      .int()
      .describe('There already under the same restart id and ENA. What came first stays as it was.'),
    refused: z.int().describe('Malformed, and not written.'),
    faults: z
      .array(
        z.object({
          index: z.int().optional().describe('Which of a body in JSON, from 0.'),
          line: z.int().optional().describe('On which line of NDJSON, from 1.'),
          pointer: z.string().describe('A JSON pointer (RFC 6901) into the ereport.'),
          detail: z.string(),
        }),
      )
      .describe(`What is wrong with those that were refused, up to ${MAX_FAULTS} faults.`),
  })
  .meta({ id: 'IngestResult' });
export type IngestView = z.output<typeof IngestView>;

/** Where in a batch an ereport stands. */
type Place = { index: number } | { line: number };
interface Candidate {
  place: Place;
  reading: JsonReading;
}

export interface Batch {
  ereports: Ereport[];
  refused: number;
  /** Of those that were refused, up to a bound. */
  faults: Fault[];
}
export type BatchReading =
  | { kind: 'batch'; batch: Batch }
  /** The body as a whole is no JSON, so there is no telling where in it an ereport is. */
  | { kind: 'malformed'; detail: string }
  | { kind: 'tooMany' };

/** Reads each ereport for itself, so that what is wrong with one refuses no other. */
export function readBatch(bytes: Uint8Array, inLines: boolean): BatchReading {
  const found = inLines ? candidatesInLines(bytes) : candidatesInJson(bytes);
  if (!Array.isArray(found)) return found;
  const batch: Batch = { ereports: [], refused: 0, faults: [] };
  for (const { place, reading } of found) {
    const read = readCandidate(reading);
    if ('ereport' in read) {
      batch.ereports.push(read.ereport);
      continue;
    }
    batch.refused += 1;
    const room = MAX_FAULTS - batch.faults.length;
    batch.faults.push(...read.faults.slice(0, room).map((fault) => ({ ...place, ...fault })));
  }
  return { kind: 'batch', batch };
}

function readCandidate(reading: JsonReading): ReturnType<typeof readEreport> {
  switch (reading.kind) {
    case 'value':
      return readEreport(reading.value);
    case 'malformed':
      return { faults: [{ pointer: '', detail: reading.detail }] };
    case 'inexact':
      return { faults: [reading.fault] };
  }
}

function candidatesInJson(bytes: Uint8Array): Candidate[] | BatchReading {
  const reading = readJson(bytes);
  if (reading.kind === 'malformed') return reading;
  // What is inexact somewhere is looked at piece by piece, to find where.
  const readings = reading.kind === 'value' ? valuesOf(reading.value) : elementsIn(bytes, reading);
  if (readings.length > MAX_EREPORTS) return { kind: 'tooMany' };
  return readings.map((one, index) => ({ place: { index }, reading: one }));
}

function valuesOf(value: unknown): JsonReading[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.map((one) => ({ kind: 'value', value: one }));
}

function elementsIn(bytes: Uint8Array, whole: JsonReading): JsonReading[] {
  const elements = elementsOf(bytes);
  return elements === null ? [whole] : elements.map((element) => readJson(element));
}

function candidatesInLines(bytes: Uint8Array): Candidate[] | BatchReading {
  const candidates: Candidate[] = [];
  for (const { line, text } of linesOf(bytes)) {
    if (candidates.length === MAX_EREPORTS) return { kind: 'tooMany' };
    candidates.push({ place: { line }, reading: readJson(text, 'The line') });
  }
  return candidates;
}
