import { listAlerts } from '../../../src/store/alert.ts';
import { prunableSitreps } from '../../../src/store/history-prune.ts';
import { sitrepsToTend, unmetRequests } from '../../../src/store/leftover.ts';
import { collectableMarkers } from '../../../src/store/marker.ts';
import { currentSitrep, listSitreps, readSitrep, sitrepState } from '../../../src/store/sitrep-read.ts';
import * as head from './head.ts';
import * as meet from './meet.ts';
import type { Operations } from './operations.ts';
import { type Sitrep, stateOf, versionOf, type World } from './world.ts';

/** What only reads must say what the model says, page by page where there are pages. */
export const LOOKS = {
  async current(world: World, on: Operations) {
    const { sitrepId: id, version } = world.head;
    on.agree('current', await currentSitrep(on.pool), id === null ? null : { id, version });
  },

  async whole(world: World, on: Operations, id: string) {
    const view = await readSitrep(on.pool, { id });
    const seen = view && { state: view.state, version: view.version, cases: view.cases.map(({ id }) => id) };
    const sitrep = world.sitreps.get(id);
    const waiting = world.submissions.get(id)?.document;
    const meant = sitrep ? viewOf(world, sitrep) : waiting ? viewOfSubmitted(waiting) : null;
    on.agree(`read ${id}`, seen, meant);
  },

  async state(world: World, on: Operations, id: string) {
    const sitrep = world.sitreps.get(id);
    const submitted = world.submissions.has(id) ? { state: 'submitted' as const, version: null } : null;
    const meant = sitrep ? { state: stateOf(world, sitrep), version: versionOf(world, id) } : submitted;
    on.agree(`state of ${id}`, await sitrepState(on.pool, id), meant);
  },

  async reconciled(world: World, on: Operations) {
    const rendezvous = (await readSitrep(on.pool, 'current'))?.rendezvous ?? null;
    const { progress } = world;
    const seen = rendezvous && { reconciled: rendezvous.reconciled, by: rendezvous.last?.sitrepId ?? null };
    const meant =
      world.head.sitrepId === null
        ? null
        : { reconciled: progress.generation >= world.head.generation, by: progress.sitrepId };
    on.agree('is it reconciled', seen, meant);
  },

  /** Those that are only submitted are in the list, too; their place follows from times that the model has not. */
  async list(world: World, on: Operations, _: string, limit: number) {
    const seen = await pages((cursor) => listSitreps(on.pool, { limit, ...cursor }));
    const stored = seen.filter(({ state }) => state !== 'submitted').map(({ id, state }) => `${id} ${state}`);
    const meant = [...world.sitreps.values()].map((sitrep) => `${sitrep.id} ${stateOf(world, sitrep)}`);
    on.agree(`list, ${limit} a page`, stored, meant.reverse());
    const submitted = seen.filter(({ state }) => state === 'submitted').map(({ id }) => id);
    on.agree('list what is submitted', submitted, [...world.submissions.keys()].reverse());
  },

  async alerts(world: World, on: Operations, _: string, limit: number) {
    const seen = await pages((cursor) => listAlerts(on.pool, { limit, ...cursor }));
    const meant = [...world.alerts.values()].sort((a, b) => b.chunk - a.chunk || (a.id < b.id ? 1 : -1));
    on.agree(
      `alerts, ${limit} a page`,
      seen.map(({ id }) => id),
      meant.map(({ id }) => id),
    );
  },

  async dryRun(world: World, on: Operations, _: string, keep: number) {
    const prunable = await prunableSitreps(on.pool, keep);
    on.agree(`prunable beyond ${keep}`, prunable, head.prunableSitreps(world, keep));
    const markers = meet.collectableMarkers(world);
    const collectable = { count: markers.length, ids: markers.slice(0, 3) };
    on.agree('collectable markers', await collectableMarkers(on.pool, 3), collectable);
    for (const thorough of [false, true]) {
      const unmet = meet.unmetRequests(world, thorough);
      const { sitrepId } = world.head;
      const meant = sitrepId === null ? null : { sitrepId, count: unmet.length, ids: unmet.slice(0, 3) };
      on.agree(`unmet, thorough ${thorough}`, await unmetRequests(on.pool, thorough, 3), meant);
    }
  },

  async tended(world: World, on: Operations, _: string, keep: number) {
    const seen = await sitrepsToTend(on.pool, keep, -3600, null, 1000);
    const due = head.prunableSitreps(world, keep);
    const meant = [...world.sitreps.values()]
      .filter(({ id }) => world.head.sitrepId !== null && id !== world.head.sitrepId)
      .map((sitrep) => `${sitrep.id} ${due.includes(sitrep.id) ? 'released' : stateOf(world, sitrep)}`);
    on.agree(
      `to be tended, keep ${keep}`,
      seen.map(({ id, state }) => `${id} ${state}`),
      meant.sort(),
    );
  },
};
export type Look = keyof typeof LOOKS;

function viewOf(world: World, sitrep: Sitrep) {
  const version = versionOf(world, sitrep.id);
  return { state: stateOf(world, sitrep), version, cases: sitrep.cases.map(({ id }) => id).sort() };
}

function viewOfSubmitted({ cases }: { cases: { id: string }[] }) {
  return { state: 'submitted' as const, version: null, cases: cases.map(({ id }) => id) };
}

async function pages<Item>(
  page: (cursor: { cursor?: string }) => Promise<{ items: Item[]; nextCursor: string | null }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: { cursor?: string } = {};
  for (;;) {
    const { items: more, nextCursor } = await page(cursor);
    items.push(...more);
    if (nextCursor === null) return items;
    cursor = { cursor: nextCursor };
  }
}
