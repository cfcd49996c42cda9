import { checkInvariants } from '../../support/invariants.ts';
import type { Random } from '../random.ts';
import { Arena } from './arena.ts';

/** An order of events that a guard is there for, provoked on purpose. */
export interface Race {
  /** The invariants that are at stake, and what happens. */
  name: string;
  /** Throws when something comes out otherwise than it must. */
  run(arena: Arena, random: Random): Promise<void>;
}

/** How a guard is taken out of an arena. Throws when it isn't there. */
export type Removal = (arena: Arena) => unknown;

/** Runs a race in a database of its own, and then holds that to the invariants. */
export async function runRace(race: Race, random: Random, remove?: Removal): Promise<void> {
  const arena = await Arena.open();
  try {
    await remove?.(arena);
    await race.run(arena, random);
    await checkInvariants(arena.pool);
    for (const text of arena.unmade) throw new Error(`No statement had "${text}".`);
  } finally {
    await arena.close();
  }
}
