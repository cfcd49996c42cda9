import type { MakeCurrentOutcome } from '../../../src/store/make-current.ts';
import { versionOf, type World } from './world.ts';

/** Versions that one commit prunes. */
const PRUNED_BY_A_COMMIT = 10;

/** The outcome with an age of 0 where the real one has some age. */
export function makeCurrent(
  world: World,
  id: string,
  parentId: string | null,
  keep: number,
): MakeCurrentOutcome {
  const sitrep = world.sitreps.get(id);
  let releasedIds: string[] = [];
  if (sitrep && !sitrep.released && sitrep.parentId === world.head.sitrepId) {
    const version = world.head.version + 1;
    world.head = { version, sitrepId: id, generation: sitrep.generation };
    world.history.push({ version, sitrepId: id });
    releasedIds = pruneHistory(world, keep, PRUNED_BY_A_COMMIT);
  }
  const version = versionOf(world, id);
  if (version !== null) {
    return { kind: 'current', version, isHead: world.head.sitrepId === id, releasedIds };
  }
  if (sitrep?.released) return { kind: 'released' };
  if (!sitrep && parentId === world.head.sitrepId) return { kind: 'sitrepGone' };
  return { kind: 'parentNotCurrent', ageSeconds: sitrep ? 0 : null };
}

export function pruneHistory(world: World, keep: number, limit: number): string[] {
  const pruned = prunableSitreps(world, keep).slice(0, limit);
  world.history = world.history.slice(pruned.length);
  for (const id of pruned) {
    const sitrep = world.sitreps.get(id);
    if (sitrep) sitrep.released = true;
  }
  return pruned;
}

export function prunableSitreps(world: World, keep: number): string[] {
  const surplus = Math.max(0, world.history.length - Math.max(keep, 1));
  return world.history.slice(0, surplus).map(({ sitrepId }) => sitrepId);
}
