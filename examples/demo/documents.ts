import { readFile } from 'node:fs/promises';
import { newId } from '../../src/model/id.ts';
import type { CaseView, SitrepView } from '../../src/model/views.ts';

/** An ereport as its controller sends it. */
export interface Ereport {
  restartId: string;
  ena: string;
  reporter: { spType: string; slot: number; rackId: string };
  timeCollected: string;
  body: { k: string; refdes: string; rail: string };
}

export interface Request {
  id: string;
  class: string;
  version: number;
  payload: object;
  comment: string;
}
export interface Case {
  id: string;
  engine: string;
  closed: boolean;
  comment: string;
  ereports: { restartId: string; ena: string; comment: string }[];
  alertRequests: Request[];
}
export interface Document {
  id: string;
  parentId: string | null;
  creator: string;
  comment: string;
  cases: (Case | CaseView)[];
}

/** What is reported in this run: the ereports of the examples, from a rack that nobody has heard of before. */
export interface Cast {
  removed: Ereport;
  inserted: Ereport;
}

export async function castOfThisRun(): Promise<Cast> {
  const [restartId, rackId] = [newId(), newId()];
  const renamed = ({ reporter, ...ereport }: Ereport): Ereport => {
    return { ...ereport, restartId, reporter: { ...reporter, rackId } };
  };
  return {
    removed: renamed(await exampleEreport('psu-remove')),
    inserted: renamed(await exampleEreport('psu-insert')),
  };
}

/** A class for trying things out: whoever watches this Sitrep in earnest is not told. */
export const NOTE_CLASS = 'test.foo';

/** What a person adds to a sitrep: a case with nothing left to watch, and a request that others be told. */
export function noteBy(author: string): Case {
  const comment = `${author} brings a spare power supply unit`;
  const request = { id: newId(), class: NOTE_CLASS, version: 0, payload: { note: comment }, comment };
  return { id: newId(), engine: 'by hand', closed: true, comment, ereports: [], alertRequests: [request] };
}

/** A sitrep that carries all that its parent has (null: there is no history), and this case. */
export function childWith(parent: SitrepView | null, ours: Case): Document {
  return {
    id: newId(),
    parentId: parent?.id ?? null,
    creator: 'demo',
    comment: ours.comment,
    cases: [...(parent?.cases ?? []), ours],
  };
}

async function exampleEreport(name: string): Promise<Ereport> {
  const file = new URL(`../ereports/${name}.json`, import.meta.url);
  return JSON.parse(await readFile(file, 'utf8')) as Ereport;
}
