import type { RendezvousCursor, RendezvousOutcome } from '../../../src/store/rendezvous.ts';
import { byId, headOf, type Request, requestsOf, type World } from './world.ts';

const AFTER_ALL_IDS = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** A rendezvous that stops after so many chunks that did not come to the end. */
export function rendezvous(
  world: World,
  sitrepId: string,
  start: RendezvousCursor,
  limit: number,
  chunks: number,
): RendezvousOutcome | { kind: 'cutOff'; cursor: RendezvousCursor } {
  const head = headOf(world);
  const did = { examined: start.examined, created: start.created };
  let generation = start.generation ?? world.progress.generation;
  let id = start.id ?? AFTER_ALL_IDS;
  if (head?.id !== sitrepId) return { kind: 'stale', ...did };
  for (let chunk = 0; chunk < chunks; chunk++) {
    const asked = requestsOf(head)
      .filter((request) => inOrder({ generation, id }, request) < 0)
      .sort(inOrder)
      .slice(0, limit);
    did.examined += asked.length;
    did.created += meet(world, head.id, asked);
    if (asked.length < limit) {
      if (world.progress.generation < head.generation || did.created > 0) {
        world.progress = { generation: head.generation, sitrepId: head.id, ...did };
      }
      return { kind: 'met', ...did };
    }
    generation = asked.at(-1)?.generation ?? generation;
    id = asked.at(-1)?.id ?? id;
  }
  return { kind: 'cutOff', cursor: { generation, id, ...did } };
}

/** Makes alerts of requests that were not met before; returns of how many. */
function meet(world: World, sitrepId: string, requests: Request[]): number {
  world.chunks += 1;
  const fresh = requests.filter(({ id }) => !world.markers.has(id));
  for (const { id, class: name, version, payload, caseId } of fresh) {
    world.markers.set(id, sitrepId);
    world.alerts.set(id, { id, class: name, version, payload, caseId, chunk: world.chunks });
  }
  return fresh.length;
}

function inOrder(a: { generation: number; id: string }, b: { generation: number; id: string }): number {
  return a.generation - b.generation || byId(a, b);
}

export function unmetRequests(world: World, thorough: boolean): string[] {
  return requestsOf(headOf(world))
    .filter(({ generation }) => thorough || generation > world.progress.generation)
    .filter(({ id }) => !world.markers.has(id) && !world.alerts.has(id))
    .map(({ id }) => id)
    .sort();
}

export function collectMarkers(world: World): string[] {
  const gone = collectableMarkers(world);
  for (const id of gone) world.markers.delete(id);
  return gone;
}

export function collectableMarkers(world: World): string[] {
  const head = headOf(world);
  if (!head) return [];
  const requested = new Set(requestsOf(head).map(({ id }) => id));
  return [...world.markers.keys()].filter((id) => !requested.has(id)).sort();
}
