import type { Deletion, Doomed } from '../../../src/store/sitrep-delete.ts';
import { stateOf, type World } from './world.ts';

export function deleteSitreps(world: World, doomed: Doomed[]): Deletion {
  const present = doomed.filter(({ id }) => world.sitreps.has(id));
  const mayGo = ({ id, lifecycleOpen }: Doomed) => {
    const sitrep = world.sitreps.get(id);
    if (!sitrep || world.head.sitrepId === null) return false;
    const state = stateOf(world, sitrep);
    return state === 'released' || state === 'orphaned' || (state === 'inserted' && !lifecycleOpen);
  };
  const deleted = present.filter(mayGo).map(({ id }) => id);
  const refused = present.map(({ id }) => id).filter((id) => !deleted.includes(id));
  for (const id of deleted) world.sitreps.delete(id);
  return { deleted: deleted.sort(), refused: refused.sort() };
}
