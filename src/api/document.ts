import type { Fault } from '../model/fault.ts';
import { readJson } from '../model/json.ts';
import { MAX_FAULTS } from '../model/limits.ts';
import { Problem } from '../model/problem.ts';
import { readSubmission, type Submission } from '../model/submission.ts';
import { hasTooManyValues, MAX_VALUES } from './json-size.ts';

/** Reads a submitted document from its bytes; whatever they are, it throws nothing but a `Problem`. */
export function readDocument(bytes: Buffer): Submission {
  if (hasTooManyValues(bytes)) {
    throw new Problem('body-too-large', `A body may have ${MAX_VALUES} values, names included.`);
  }
  const reading = readJson(bytes);
  if (reading.kind === 'malformed') throw new Problem('malformed-json', reading.detail);
  if (reading.kind === 'inexact') throw invalidSitrep([reading.fault]);
  const read = readSubmission(reading.value);
  if ('faults' in read) throw invalidSitrep(read.faults);
  return read.submission;
}

export function invalidSitrep(faults: Fault[]): Problem {
  const count = faults.length < MAX_FAULTS ? `${faults.length}` : `at least ${MAX_FAULTS}`;
  const detail = `The document has ${count} ${faults.length === 1 ? 'fault' : 'faults'}.`;
  return new Problem('invalid-sitrep', detail, { faults });
}
