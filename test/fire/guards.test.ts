import { expect, test } from 'vitest';
import { GUARDS, SECOND_LINE } from './races/guards.ts';
import { runRace } from './races/race.ts';
import { Random } from './random.ts';

const SEED = 7480;
const WITHIN = 60_000;

for (const { guard, race, remove, says, tries = 1 } of GUARDS) {
  test(`${race.name}: goes red without ${guard}`, { timeout: WITHIN }, async () => {
    const untilRed = async () => {
      for (let n = 0; n < tries; n++) await runRace(race, new Random(SEED + n), remove);
    };
    await expect(untilRed()).rejects.toThrow(says);
  });
}

for (const { guard, race, remove, behind } of SECOND_LINE) {
  test(`${race.name}: comes out right even without ${guard}, thanks to ${behind}`, async () => {
    await runRace(race, new Random(SEED), remove);
  });
}
