import type { z } from 'zod';
import { newId } from '../../src/model/id.ts';
import type { SitrepInput } from '../../src/model/sitrep.ts';
import { readSubmission, type Submission } from '../../src/model/submission.ts';

/** A document as a client sends it. */
export type Sent = z.input<typeof SitrepInput> & { id: string };
type SentCase = Sent['cases'][number];
type SentRequest = NonNullable<SentCase['alertRequests']>[number];

export function aRequest(fields: Partial<SentRequest> = {}): SentRequest {
  return { id: newId(), class: 'test.foo', version: 0, payload: { n: 1 }, comment: '', ...fields };
}

export function aCase(fields: Partial<SentCase> = {}): SentCase {
  return {
    id: newId(),
    engine: 'test',
    closed: false,
    comment: '',
    ereports: [],
    alertRequests: [],
    ...fields,
  };
}

/** A sitrep with one case that makes the given number of requests. */
export function aSitrep(fields: Partial<Sent> = {}, requests = 1): Sent {
  return {
    id: newId(),
    parentId: null,
    creator: 'test',
    comment: '',
    cases: [aCase({ alertRequests: Array.from({ length: requests }, () => aRequest()) })],
    ...fields,
  };
}

/** A child that carries all its parent has, with what `fields` change. */
export function aChildOf(parent: Sent, fields: Partial<Sent> = {}): Sent {
  return { ...structuredClone(parent), id: newId(), parentId: parent.id, ...fields };
}

export function requestIds(sent: Sent): string[] {
  return sent.cases.flatMap((oneCase) => (oneCase.alertRequests ?? []).map(({ id }) => id));
}

/** A valid document as the store takes it. */
export function submissionOf(sent: Sent): Submission {
  const read = readSubmission(sent);
  if ('faults' in read) throw new Error(`The test's document is not valid: ${JSON.stringify(read.faults)}`);
  return read.submission;
}
