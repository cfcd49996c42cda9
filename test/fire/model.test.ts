import fc from 'fast-check';
import { afterAll, beforeAll } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { checkInvariants } from '../support/invariants.ts';
import { anyCommand } from './model/commands.ts';
import { emptyDatabase } from './model/empty-database.ts';
import { Operations } from './model/operations.ts';
import { emptyWorld } from './model/world.ts';
import { underFire } from './under-fire.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

const RUNS = 20;
const COMMANDS = 100;
/** Shrinking ends then with what it has: a run-out of the test's time would lose it. */
const SHRINK_UNTIL = 120_000;

underFire(
  '[I7] [I12] [I15] [I18] [I19] [I33] [I34] the store does what the model says, operation by operation',
  180_000,
  async (seed, tally) => {
    const runs = fc.asyncProperty(
      fc.commands([anyCommand], { maxCommands: COMMANDS, size: 'max' }),
      async (commands) => {
        await emptyDatabase(db.pool);
        const start = () => ({ model: emptyWorld(), real: new Operations(db.pool, tally) });
        await fc.asyncModelRun(start, commands);
        await checkInvariants(db.pool);
      },
    );
    await fc.assert(runs, { seed, numRuns: RUNS, unbiased: true, interruptAfterTimeLimit: SHRINK_UNTIL });
  },
);
