import { randomInt } from 'node:crypto';
import { test } from 'vitest';
import { Tally } from './tally.ts';

/** One seeded attack on the system; throws when something is not as it must be. */
export type Round = (seed: number, tally: Tally) => Promise<void>;

/** What `npm run test:fire` asks of each file, by the environment; nothing in `npm test`. */
const SECONDS = Number(process.env.SITREP_FIRE_SECONDS ?? 0);
const SEED = process.env.SITREP_FIRE_SEED;

/** The seed of the short round in `npm test`, so that what is red there is red again. */
const USUAL_SEED = 7480;

/** Whether this is `npm run test:fire`, which has time for larger rounds. */
export const IS_LONG = SECONDS > 0 || SEED !== undefined;

let named: string | null = null;

/**
 * A test that `npm test` runs for one round, always the same, and `npm run test:fire` again and again with fresh
 * seeds until its time is up. One for each file, since the time is shared out among files.
 *
 * @param within what one round may take, in milliseconds
 */
export function underFire(name: string, within: number, round: Round): void {
  if (named !== null) throw new Error(`One attack for each file: ${named}, ${name}.`);
  named = name;
  test(name, { timeout: within + SECONDS * 1000 }, async () => {
    const tally = new Tally();
    const deadline = Date.now() + SECONDS * 1000;
    let seed = SEED ? Number(SEED) : SECONDS > 0 ? randomInt(2 ** 31) : USUAL_SEED;
    try {
      do {
        await round(seed, tally).catch((error: unknown) => {
          tally.count('violations');
          throw new Error(`Round ${seed} failed. Again: npm run test:fire -- --seed ${seed} FILE`, {
            cause: error,
          });
        });
        tally.count('rounds');
        seed += 1;
      } while (Date.now() < deadline);
    } finally {
      await tally.save(name);
    }
  });
}
