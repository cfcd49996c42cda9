import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../e2e/local-stack.ts';
import { checkInvariants } from '../support/invariants.ts';
import { type EndState, endState } from './end-state.ts';
import { type Bundle, bundleImpatiently } from './impatient-bundle.ts';
import type { KillPoint } from './kill-point.ts';
import { lives } from './story.ts';
import { World } from './world.ts';

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
/** In the order in which the story comes to them. */
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
        await until('the newer attempt waits', () => isBlocked(world), 100_000);
        expect(await zombie.stop()).toBe(0);
        await told;
      });
      expect(end).toEqual(undisturbed);
    },
  );

  test('and goes on when all is over: one worker in each of these', async () => {
    const end = await tell(async (world) => {
      const zombies = STEPS.map(([, step]) => ({ step, process: world.workerProcess() }));
      const told = lives.tell(world);
      for (const { step, process } of zombies) {
        await process.begin({ ...step, moment: 'before', signal: 'SIGSTOP' });
        await process.says('struck');
      }
      await world.startSurvivor();
      await told;
      for (const { process } of zombies) expect(await process.stop()).toBe(0);
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

async function isBlocked({ db }: World): Promise<boolean> {
  const { rows } = await db.pool.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows.length > 0;
}
