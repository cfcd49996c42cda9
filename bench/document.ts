import { newId } from '../src/model/id.ts';
import type { CaseDocument, SitrepDocument } from '../src/model/sitrep.ts';
import { readSubmission, type Submission } from '../src/model/submission.ts';
import type { Scale } from './case.ts';

interface Size {
  cases: number;
  requests: number;
  ereports: number;
}

/** Document D: the largest that is supported, 55 MB of JSON. */
export function sizeOfD({ rows }: Scale): Size {
  return { cases: rows(10_000), requests: rows(100_000), ereports: rows(50_000) };
}

/** A document of this size, its requests and ereports spread evenly over its cases. */
export function documentOf({ cases, requests, ereports }: Size, parentId: string | null): SitrepDocument {
  const all = Array.from({ length: cases }, (_, number) => aCase(number));
  const caseOf = (number: number) => all[number % cases] as CaseDocument;
  for (let n = 0; n < requests; n++) caseOf(n).alertRequests.push(aRequest(n));
  for (let n = 0; n < ereports; n++) caseOf(n).ereports.push(anAssignment(n));
  return { id: newId(), parentId, creator: 'bench', comment: 'Made to be measured.', cases: all };
}

/** A child that carries all of its parent, and asks for some alerts more. */
export function childOf(parent: SitrepDocument, requests = 0): SitrepDocument {
  const more = Array.from({ length: requests }, (_, n) => aRequest(n));
  const cases = more.length > 0 ? [...parent.cases, { ...aCase(0), alertRequests: more }] : parent.cases;
  return { ...parent, id: newId(), parentId: parent.id, cases };
}

/** As it comes out of the API's checks. */
export function submissionOf(document: SitrepDocument): Submission {
  const read = readSubmission(document);
  if ('faults' in read) throw new Error(`Not a valid document: ${JSON.stringify(read.faults)}`);
  return read.submission;
}

function aCase(number: number): CaseDocument {
  return {
    id: newId(),
    engine: 'power_shelf',
    closed: false,
    comment: `PSU ${number % 6} of shelf ${number % 2} has been pulled out.`,
    ereports: [],
    alertRequests: [],
  };
}

/** Its payload has about 300 bytes as JSON. */
function aRequest(number: number) {
  const payload = {
    rack: newId(),
    shelf: number % 2,
    slot: number % 6,
    serialNumber: `BRM${String(number).padStart(8, '0')}`,
    partNumber: '913-0000019',
    state: 'removed',
    inputVolts: 208.5,
    healthy: false,
    message: 'The power supply unit has been removed; the shelf runs on those that are left.',
  };
  return { id: newId(), class: 'test.foo', version: 0, payload, comment: 'Asked for by the bench.' };
}

function anAssignment(number: number) {
  return {
    restartId: newId(),
    ena: `0x${(0x1000_0000_0000 + number).toString(16)}`,
    comment: 'First seen here.',
  };
}
