import fc from 'fast-check';
import { afterAll, beforeAll } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { soundDraft } from './model/draft.ts';
import { emptyDatabase } from './model/empty-database.ts';
import { Random } from './random.ts';
import { Hand } from './storm/hand.ts';
import { Ledger } from './storm/ledger.ts';
import { settle } from './storm/settle.ts';
import { underFire } from './under-fire.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(() => db.drop());

const HANDS = 8;
/** Acts of each hand: one is between one and five store operations. */
const ACTS = 120;

underFire(
  '[I5] [I8] [I9] [I10] [I13] [I14] eight hands at once do what they like, and their answers fit together',
  120_000,
  async (seed, tally) => {
    await emptyDatabase(db.pool);
    const ledger = new Ledger();
    const drafts = fc.sample(soundDraft, { seed, numRuns: 200, unbiased: true });
    const hands = Array.from(
      { length: HANDS },
      (_, number) => new Hand(db.pool, ledger, new Random(seed * HANDS + number), drafts, tally),
    );
    const ends = await Promise.allSettled(
      hands.map(async (hand) => {
        for (let act = 0; act < ACTS; act++) await hand.act();
      }),
    );
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    await settle(db.pool, ledger);
  },
);
