import canonicalize from 'canonicalize';
import type { AlertRequest, CaseDocument } from './sitrep.ts';
import type { CaseView, SitrepView } from './views.ts';

/** Of a case, what its submitter says of it: what the service derives is not compared. */
type Case = CaseDocument;
type Ereport = Case['ereports'][number];
type Request = AlertRequest;

/** How one field differs. */
export interface Changed {
  from: unknown;
  to: unknown;
}
export type Changes = Record<string, Changed>;

/** One of the two sitreps that are compared. */
export type Side = Pick<SitrepView, 'id' | 'version' | 'state' | 'creator' | 'comment'>;

export type CaseInBrief = Pick<CaseView, 'id' | 'engine' | 'closed' | 'comment'>;
export interface EreportInCase {
  restartId: string;
  ena: string;
  comment: string;
}
export interface RequestInCase {
  id: string;
  caseId: string;
  class: string;
  version: number;
  comment: string;
}

/** What became of a case that both sitreps have. */
export interface CaseChange {
  id: string;
  engine: string;
  /** Of `engine`, `closed` and `comment`, those that differ. */
  fields: Changes;
  ereportsAdded: EreportInCase[];
  ereportsDropped: EreportInCase[];
  ereportsChanged: (EreportInCase & { fields: Changes })[];
  requestsAdded: RequestInCase[];
  requestsDropped: RequestInCase[];
  requestsChanged: (RequestInCase & { fields: Changes })[];
}

/** What a reader of some cases has to learn to know the others. */
export interface Differences {
  /** Cases that only `to` has. */
  opened: CaseInBrief[];
  /** Cases that both have, that differ, and that were not closed in between. */
  changed: CaseChange[];
  /** Cases that are open in `from` and closed in `to`, with all else that changed in them. */
  closed: CaseChange[];
  /** Cases that `to` does not carry on. */
  gone: CaseInBrief[];
  /** Of all cases, those opened and gone too. */
  requestsAdded: RequestInCase[];
  requestsDropped: RequestInCase[];
}

/** The same of two sitreps. */
export interface SitrepDiff extends Differences {
  from: Side;
  to: Side;
}

/** Compares two sitreps, of which neither has to descend from the other. */
export function diffSitreps(from: SitrepView, to: SitrepView): SitrepDiff {
  return { from: sideOf(from), to: sideOf(to), ...diffCases(from.cases, to.cases) };
}

export function diffCases(from: Case[], to: Case[]): Differences {
  const cases = compareLists(from, to, ({ id }) => id);
  const changes = cases.both.map(([before, after]) => compareCases(before, after)).filter(hasChanges);
  const requests = compareLists(requestsOf(from), requestsOf(to), ({ id, caseId }) => `${id} ${caseId}`);
  return {
    opened: cases.added.map(inBrief),
    changed: changes.filter((change) => !wasClosed(change)),
    closed: changes.filter(wasClosed),
    gone: cases.dropped.map(inBrief),
    requestsAdded: requests.added,
    requestsDropped: requests.dropped,
  };
}

export function isSame(diff: Differences): boolean {
  return [diff.opened, diff.changed, diff.closed, diff.gone].every((list) => list.length === 0);
}

function compareCases(before: Case, after: Case): CaseChange {
  const ereports = compareLists(
    before.ereports,
    after.ereports,
    ({ restartId, ena }) => `${restartId} ${ena}`,
  );
  const requests = compareLists(before.alertRequests, after.alertRequests, ({ id }) => id);
  const request = (one: Request) => requestInCase(after.id, one);
  return {
    id: after.id,
    engine: after.engine,
    fields: changesOf(before, after, ['engine', 'closed', 'comment']),
    ereportsAdded: ereports.added.map(ereportInCase),
    ereportsDropped: ereports.dropped.map(ereportInCase),
    ereportsChanged: ereports.both
      .map(([old, now]) => ({ ...ereportInCase(now), fields: changesOf(old, now, ['comment']) }))
      .filter(hasFields),
    requestsAdded: requests.added.map(request),
    requestsDropped: requests.dropped.map(request),
    requestsChanged: requests.both
      .map(([old, now]) => ({
        ...request(now),
        fields: changesOf(old, now, ['class', 'version', 'payload', 'comment']),
      }))
      .filter(hasFields),
  };
}

function wasClosed({ fields }: CaseChange): boolean {
  return fields.closed?.to === true;
}

function hasChanges({ id, engine, ...changes }: CaseChange): boolean {
  return Object.values(changes).some((change) => Object.keys(change).length > 0);
}

function hasFields({ fields }: { fields: Changes }): boolean {
  return Object.keys(fields).length > 0;
}

/** Compared as JSON: 1 and 1.0 are the same, and so are two orders of keys. */
function changesOf<Item, Field extends keyof Item & string>(from: Item, to: Item, fields: Field[]): Changes {
  return Object.fromEntries(
    fields
      .filter((field) => from[field] !== to[field] && canonicalize(from[field]) !== canonicalize(to[field]))
      .map((field) => [field, { from: from[field], to: to[field] }]),
  );
}

function compareLists<Item>(from: Item[], to: Item[], keyOf: (item: Item) => string) {
  const before = new Map(from.map((item) => [keyOf(item), item]));
  const after = new Map(to.map((item) => [keyOf(item), item]));
  return {
    added: to.filter((item) => !before.has(keyOf(item))),
    dropped: from.filter((item) => !after.has(keyOf(item))),
    both: [...after].flatMap(([key, now]): [Item, Item][] => {
      const old = before.get(key);
      return old === undefined ? [] : [[old, now]];
    }),
  };
}

function requestsOf(cases: Case[]): RequestInCase[] {
  return cases.flatMap(({ id, alertRequests }) => alertRequests.map((one) => requestInCase(id, one)));
}

function sideOf({ id, version, state, creator, comment }: SitrepView): Side {
  return { id, version, state, creator, comment };
}

function inBrief({ id, engine, closed, comment }: Case): CaseInBrief {
  return { id, engine, closed, comment };
}

function ereportInCase({ restartId, ena, comment }: Ereport): EreportInCase {
  return { restartId, ena, comment };
}

function requestInCase(caseId: string, { id, class: name, version, comment }: Request): RequestInCase {
  return { id, caseId, class: name, version, comment };
}
