import { type Batch, type IngestView, readBatch } from '../model/ereport-batch.ts';
import { MAX_EREPORTS, MAX_FAULTS } from '../model/limits.ts';
import { Problem } from '../model/problem.ts';
import { writeEreports } from '../store/ereport.ts';
import { hasTooManyValues, MAX_VALUES } from './json-size.ts';
import type { Answer } from './route.ts';
import type { Service } from './service.ts';

/** Takes a batch of ereports; large ones take turns, for each is many times its bytes in memory. */
export async function ingest(
  { pool, documents, analysis }: Service,
  body: Buffer,
  inLines: boolean,
): Promise<Answer> {
  const leave = await documents.enter(body.length);
  try {
    const { ereports, refused, faults } = batchOf(body, inLines);
    const { written } = await writeEreports(pool, ereports);
    // For known ones, too: whoever wrote them may have died before anything was woken.
    if (ereports.length > 0) analysis.wake();
    const result: IngestView = { new: written, known: ereports.length - written, refused, faults };
    if (refused > 0 && ereports.length === 0) throw allRefused(result);
    return { status: 200, body: result };
  } finally {
    leave();
  }
}

function batchOf(body: Buffer, inLines: boolean): Batch {
  if (hasTooManyValues(body)) {
    throw new Problem('body-too-large', `A body may have ${MAX_VALUES} values, names included.`);
  }
  const reading = readBatch(body, inLines);
  switch (reading.kind) {
    case 'batch':
      return reading.batch;
    case 'malformed':
      throw new Problem('malformed-json', reading.detail);
    case 'tooMany':
      throw new Problem('body-too-large', `A batch may have ${MAX_EREPORTS} ereports.`);
  }
}

function allRefused(result: IngestView): Problem {
  const { length } = result.faults;
  const count = length < MAX_FAULTS ? `${length}` : `at least ${MAX_FAULTS}`;
  const detail =
    result.refused === 1
      ? `The ereport has ${count} ${length === 1 ? 'fault' : 'faults'}.`
      : `All ${result.refused} were refused; they have ${count} faults.`;
  return new Problem('invalid-ereports', detail, result);
}
