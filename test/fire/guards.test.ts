import { expect, test } from 'vitest';
import { GUARDS, SECOND_LINE } from './guards.ts';
import { runRace } from './race.ts';
import { Random } from './random.ts';

const SEED = 7480;
const WITHIN = 60_000;

for (const { guard, race, remove, says } of GUARDS) {
  test(`${race.name}: goes red without ${guard}`, { timeout: WITHIN }, async () => {
    await expect(runRace(race, new Random(SEED), remove)).rejects.toThrow(says);
  });
}

for (const { guard, race, remove, behind } of SECOND_LINE) {
  test(`${race.name}: comes out right even without ${guard}, thanks to ${behind}`, async () => {
    await runRace(race, new Random(SEED), remove);
  });
}
