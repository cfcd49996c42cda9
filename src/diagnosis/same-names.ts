import canonicalize from 'canonicalize';
import type { AlertRequest, CaseDocument, SitrepDocument } from '../model/sitrep.ts';
import { ereportKey } from './ereport.ts';

/**
 * A sitrep that was diagnosed once more, under the names of the one that was made before. The ids of what is new in a
 * sitrep follow from its engines, so other engines give the same case another id. Here a case is the same that is of the
 * same engine and has the most ereports in common, or without any, says the same; a request is the same that its case
 * makes for the same class and payload, or else for the same class. What has no counterpart keeps its own id.
 */
export function underSameNames(
  made: SitrepDocument,
  before: SitrepDocument,
  parent: CaseDocument[],
): CaseDocument[] {
  const carried = new Set(parent.map(({ id }) => id));
  const isNew = ({ id }: CaseDocument) => !carried.has(id);
  const pairs = pairCases(made.cases.filter(isNew), before.cases.filter(isNew));
  const ofCases = new Map([
    [made.id, before.id],
    ...pairs.map(([one, other]) => [one.id, other.id] as const),
  ]);
  const cases = renamed(made.cases, ofCases);
  return renamed(cases, requestNames(cases, before.cases, parent)).sort((a, b) => (a.id < b.id ? -1 : 1));
}

type Pair = [made: CaseDocument, before: CaseDocument];

/** Each with at most one other. Those with the most in common come first. */
function pairCases(made: CaseDocument[], before: CaseDocument[]): Pair[] {
  const candidates = [...sharingEreports(made, before), ...sayingTheSame(made, before)];
  candidates.sort((a, b) => b.inCommon - a.inCommon);
  const taken = new Set<CaseDocument>();
  return candidates.flatMap(({ pair }): Pair[] => {
    if (pair.some((one) => taken.has(one))) return [];
    for (const one of pair) taken.add(one);
    return [pair];
  });
}

interface Candidate {
  pair: Pair;
  /** Ereports that both have, and a half more if they say the same. */
  inCommon: number;
}

function sharingEreports(made: CaseDocument[], before: CaseDocument[]): Candidate[] {
  const having = new Map<string, CaseDocument[]>();
  for (const one of before) {
    for (const ereport of one.ereports) {
      const key = `${one.engine} ${ereportKey(ereport)}`;
      having.set(key, [...(having.get(key) ?? []), one]);
    }
  }
  return made.flatMap((one) => {
    const others = one.ereports.flatMap(
      (ereport) => having.get(`${one.engine} ${ereportKey(ereport)}`) ?? [],
    );
    const counts = Map.groupBy(others, (other) => other);
    return [...counts].map(([other, shared]): Candidate => {
      return { pair: [one, other], inCommon: shared.length + (one.comment === other.comment ? 0.5 : 0) };
    });
  });
}

function sayingTheSame(made: CaseDocument[], before: CaseDocument[]): Candidate[] {
  const words = ({ engine, comment }: CaseDocument) => `${engine} ${comment}`;
  return zip(made, before, words).map((pair) => ({ pair, inCommon: 0.25 }));
}

/** The ids of new requests, with those of their counterparts. */
function requestNames(
  cases: CaseDocument[],
  before: CaseDocument[],
  parent: CaseDocument[],
): Map<string, string> {
  const carried = new Set(parent.flatMap(({ alertRequests }) => alertRequests.map(({ id }) => id)));
  const isNew = ({ id }: AlertRequest) => !carried.has(id);
  const others = new Map(before.map((one) => [one.id, one.alertRequests.filter(isNew)]));
  const names = new Map<string, string>();
  const used = new Set<string>();
  for (const { id, alertRequests } of cases) {
    for (const sameness of [alike, ofOneClass]) {
      const unnamed = alertRequests.filter((one) => isNew(one) && !names.has(one.id));
      const free = (others.get(id) ?? []).filter((one) => !used.has(one.id));
      for (const [one, other] of zip(unnamed, free, sameness)) {
        names.set(one.id, other.id);
        used.add(other.id);
      }
    }
  }
  return names;
}

function alike(request: AlertRequest): string {
  return `${ofOneClass(request)} ${canonicalize(request.payload)}`;
}
function ofOneClass({ class: name, version }: AlertRequest): string {
  return `${name} ${version}`;
}

/** The first with the first of the same key, the second with the second. */
function zip<Item>(some: Item[], others: Item[], keyOf: (item: Item) => string): [Item, Item][] {
  const waiting = Map.groupBy(others, keyOf);
  return some.flatMap((one): [Item, Item][] => {
    const other = waiting.get(keyOf(one))?.shift();
    return other === undefined ? [] : [[one, other]];
  });
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Also where a comment or a payload says an id. */
function renamed(cases: CaseDocument[], names: ReadonlyMap<string, string>): CaseDocument[] {
  return JSON.parse(JSON.stringify(cases).replace(UUID, (id) => names.get(id) ?? id));
}
