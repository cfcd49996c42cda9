import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { isBoundedJson } from './bounded-json.ts';
import { compareEna } from './ena.ts';
import { type Fault, Faults } from './fault.ts';
import { newId } from './id.ts';
import { type CaseDocument, type SitrepDocument, SitrepInput } from './sitrep.ts';

/** A valid document on its way in. */
export interface Submission {
  document: SitrepDocument;
  /** The canonical form (RFC 8785) of the document, in UTF-8; this is what is stored until it is inserted. */
  canonical: Buffer;
  /** SHA-256 of the canonical form, in hex: two submissions with one digest are the same document. */
  digest: string;
  /** The document as it was sent: with the sitrep ids that the submitter believes to be derived. */
  input: SitrepInput;
}

/**
 * Checks all that can be seen without the parent; what requests ask for is not part of that (`newRequestFaults`). Never
 * throws, whatever the value is.
 */
export function readSubmission(value: unknown): { submission: Submission } | { faults: Fault[] } {
  const faults = new Faults();
  const parsed = SitrepInput.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    faults.addZod(parsed.error);
    return { faults: faults.list };
  }
  const input = parsed.data;
  if (input.parentId !== null && input.parentId === input.id) {
    faults.add(['parentId'], 'must not be the id of the sitrep itself');
  }
  findDuplicates(input, faults);
  findUnboundedPayloads(input, faults);
  if (faults.list.length > 0) return { faults: faults.list };
  const document = documentOf(input);
  const canonical = canonicalForm(document);
  return { submission: { document, canonical, digest: digestOf(canonical), input } };
}

export function digestOf(canonical: Buffer): string {
  return createHash('sha256').update(canonical).digest('hex');
}

/**
 * A case at a time: the text of a whole document is a rope while it is put together, which takes many times its
 * bytes. Names are sorted, and of those at the top `cases` is the first.
 */
export function canonicalForm({ cases, ...top }: SitrepDocument): Buffer {
  const pieces = [Buffer.from('{"cases":[')];
  for (const [index, oneCase] of cases.entries()) {
    pieces.push(Buffer.from(`${index > 0 ? ',' : ''}${canonicalize(oneCase)}`));
  }
  pieces.push(Buffer.from(`],${canonicalize(top)?.slice(1)}`));
  return Buffer.concat(pieces);
}

function findDuplicates(input: SitrepInput, faults: Faults): void {
  const cases = new Set<string>();
  const requests = new Set<string>();
  for (const [c, oneCase] of input.cases.entries()) {
    if (cases.has(oneCase.id)) faults.add(['cases', c, 'id'], `is the id of another case too: ${oneCase.id}`);
    cases.add(oneCase.id);
    const ereports = new Set<string>();
    for (const [e, { restartId, ena }] of oneCase.ereports.entries()) {
      const key = `${restartId} ${ena}`;
      if (ereports.has(key)) faults.add(['cases', c, 'ereports', e], `is in this case already: ${key}`);
      ereports.add(key);
    }
    for (const [r, { id }] of oneCase.alertRequests.entries()) {
      if (requests.has(id)) {
        faults.add(['cases', c, 'alertRequests', r, 'id'], `is the id of another request too: ${id}`);
      }
      requests.add(id);
    }
  }
}

function findUnboundedPayloads(input: SitrepInput, faults: Faults): void {
  for (const [c, { alertRequests }] of input.cases.entries()) {
    for (const [r, { payload }] of alertRequests.entries()) {
      isBoundedJson(payload, ['cases', c, 'alertRequests', r, 'payload'], faults);
    }
  }
}

/** Keeps the submitter's fields only, in an order that does not depend on the order of submission. */
function documentOf(input: SitrepInput): SitrepDocument {
  return {
    id: input.id ?? newId(),
    parentId: input.parentId,
    creator: input.creator,
    comment: input.comment,
    cases: input.cases.map(caseOf).sort(byId),
  };
}

/** A case in its normal form: known fields only, and its children in order. */
export function caseOf(input: CaseDocument): CaseDocument {
  return {
    id: input.id,
    engine: input.engine,
    closed: input.closed,
    comment: input.comment,
    ereports: input.ereports
      .map(({ restartId, ena, comment }) => ({ restartId, ena, comment }))
      .sort((a, b) => compare(a.restartId, b.restartId) || compareEna(a.ena, b.ena)),
    alertRequests: input.alertRequests
      .map(({ id, class: name, version, payload, comment }) => ({
        id,
        class: name,
        version,
        payload,
        comment,
      }))
      .sort(byId),
  };
}

function byId(a: { id: string }, b: { id: string }): number {
  return compare(a.id, b.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
