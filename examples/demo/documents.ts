import { readFile } from 'node:fs/promises';
import { newId } from '../../src/model/id.ts';
import type { CaseView, SitrepView } from '../../src/model/views.ts';

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

export interface Ereport {
  restartId: string;
  ena: string;
  reporter: { spType: string; slot: number };
  timeCollected: string;
  body: { k: string; refdes: string; rail: string };
}

/** The cases of this run: those of the examples, under ids of its own. */
export interface Cast {
  removed: Case;
  /** The same case, closed, with a second request. */
  inserted: Case;
  removeRequestId: string;
  insertRequestId: string;
}

export async function castOfThisRun(): Promise<Cast> {
  const removed = renamed(await exampleCase('1-psu-removed'), newId(), [newId()]);
  const removeRequestId = removed.alertRequests[0]?.id as string;
  const insertRequestId = newId();
  const inserted = renamed(await exampleCase('2-psu-inserted'), removed.id, [
    removeRequestId,
    insertRequestId,
  ]);
  return { removed, inserted, removeRequestId, insertRequestId };
}

/** The same case with other ids for its requests beyond those that are carried. */
export function rivalOf({ inserted, removeRequestId }: Cast): Case {
  return renamed(
    { ...inserted, comment: 'PSU 4 of power shelf 0 is back, says a second diagnosis' },
    inserted.id,
    [removeRequestId, newId()],
  );
}

/** A sitrep that carries all that its parent has (null: there is no history), with this case in its new form. */
export function childWith(parent: SitrepView | null, ours: Case, comment: string): Document {
  const carried = (parent?.cases ?? []).filter(({ id }) => id !== ours.id);
  return { id: newId(), parentId: parent?.id ?? null, creator: 'demo', comment, cases: [...carried, ours] };
}

export async function exampleEreport(name: string): Promise<Ereport> {
  return (await readExample(`../ereports/${name}.json`)) as Ereport;
}

async function exampleCase(name: string): Promise<Case> {
  const { cases } = (await readExample(`../sitreps/${name}.json`)) as { cases: Case[] };
  return cases[0] as Case;
}

async function readExample(path: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(path, import.meta.url), 'utf8'));
}

function renamed(example: Case, id: string, requestIds: string[]): Case {
  const alertRequests = example.alertRequests.map((request, index) => ({
    ...request,
    id: requestIds[index] as string,
  }));
  return { ...example, id, alertRequests };
}
