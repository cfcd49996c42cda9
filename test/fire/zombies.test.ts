import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../e2e/local-stack.ts';
import { checkInvariants } from '../support/invariants.ts';
import { type EndState, endState } from './processes/end-state.ts';
import { type Bundle, bundleImpatiently } from './processes/impatient-bundle.ts';
import type { KillPoint } from './processes/kill-point.ts';
import { lives } from './processes/story.ts';
import { World } from './processes/world.ts';

// A worker that stands still in the middle of an activity, as under a debugger, on a paused machine or behind a
// network that is gone for a while. Temporal gives its attempt up; another worker makes a newer one; then the
// first goes on as if nothing had been.

let bundle: Bundle;
let undisturbed: EndState;
beforeAll(async () => {
  bundle = await bundleImpatiently();
  undisturbed = await tell(async (world) => {
    await world.startSurvivor();
    await lives.tell(world);
  });
}, 180_000);
afterAll(() => bundle.discard());

const { large, orphan, first, refused, small } = lives.of;
const STEPS: [string, Pick<KillPoint, 'activity' | 'step' | 'sitrepId'>][] = [
  ['an insert', { activity: 'insertSitrep', step: 3, sitrepId: large.id }],
  ['a rendezvous', { activity: 'rendezvous', step: 2, sitrepId: large.id }],
  ['the collection of an orphan', { activity: 'collectSitrep', step: 1, sitrepId: orphan.id }],
  ['a decision', { activity: 'makeCurrent', step: 1, sitrepId: small.id }],
  ['the collection of a released sitrep', { activity: 'collectSitrep', step: 1, sitrepId: first.id }],
  ['the removal of a submission', { activity: 'discardSubmission', step: 1, sitrepId: refused.id }],
];

describe.concurrent('[I28] a worker that stops dead in the middle of an activity', {
  timeout: 300_000,
}, () => {
  test.each(STEPS)(
    'and goes on before its commit while a newer attempt waits for it: %s',
    async (_, step) => {
      const end = await tell(async (world) => {
        const zombie = world.workerProcess();
        await zombie.begin({ ...step, moment: 'uncommitted', signal: 'SIGSTOP' });
        const told = lives.tell(world);
        await zombie.says('struck');
        await world.startSurvivor();
        await until('the newer attempt waits', () => isBlockedOrFreed(world), 100_000);
        expect(await zombie.stop()).toBe(0);
        await told;
      });
      expect(end).toEqual(undisturbed);
    },
  );

  test.each(STEPS)('and goes on when all is over, its work still to be done: %s', async (_, step) => {
    const end = await tell(async (world) => {
      const zombie = world.workerProcess();
      await zombie.begin({ ...step, moment: 'before', signal: 'SIGSTOP' });
      const told = lives.tell(world);
      await zombie.says('struck');
      await world.startSurvivor();
      await told;
      expect(await zombie.stop()).toBe(0);
    });
    expect(end).toEqual(undisturbed);
  });
});

async function tell(story: (world: World) => Promise<void>): Promise<EndState> {
  const world = await World.open(bundle.codePath);
  try {
    await story(world);
    await checkInvariants(world.db.pool, { keep: 2 });
    return await endState(world, lives.sitrepIds);
  } finally {
    await world.close();
  }
}

/** Or Postgres has ended the transaction already, since it idled for so long: then its commit comes too late. */
async function isBlockedOrFreed({ db }: World): Promise<boolean> {
  const { rows } = await db.pool.query<{ blocked: boolean; freed: boolean }>(
    `SELECT coalesce(bool_or(wait_event_type = 'Lock'), false) AS blocked,
            NOT coalesce(bool_or(state = 'idle in transaction'), false) AS freed
       FROM pg_stat_activity WHERE datname = current_database()`,
  );
  return rows.some(({ blocked, freed }) => blocked || freed);
}
