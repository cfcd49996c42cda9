import { test } from 'vitest';
import { RACES } from './races/index.ts';
import { runRace } from './races/race.ts';
import { Random } from './random.ts';
import { underFire } from './under-fire.ts';

// That each of these goes red without the guard that it is about is in guards.test.ts.

const SEED = 7480;
test.each(RACES)('$name', (race) => runRace(race, new Random(SEED)));

/** What a round takes of them. */
const SOME = 12;
const AT_ONCE = 2;

underFire('races come out right in any order and size, two at a time', 240_000, async (seed, tally) => {
  const random = new Random(seed);
  const waiting = random
    .shuffled(RACES)
    .slice(0, SOME)
    .map((race) => ({ race, seed: random.below(2 ** 31) }));
  const lanes = Array.from({ length: AT_ONCE }, async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { race } = next;
      await runRace(race, new Random(next.seed)).catch((cause: unknown) => {
        throw new Error(`${race.name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      });
      tally.count('races');
    }
  });
  await Promise.all(lanes);
});
