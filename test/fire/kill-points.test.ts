import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkInvariants } from '../support/invariants.ts';
import { type EndState, endState } from './processes/end-state.ts';
import { type Bundle, bundleImpatiently } from './processes/impatient-bundle.ts';
import { at, type KillPoint } from './processes/kill-point.ts';
import { lives, tended } from './processes/story.ts';
import { Succession } from './processes/succession.ts';
import { World } from './processes/world.ts';

// Workers killed at every boundary of every activity, once each: before it begins, before and after each commit,
// and before Temporal hears of its result. One worker after another gets on with the same story, and dies at
// the next point; the last one lives.

interface Story {
  sitrepIds: string[];
  tell(world: World): Promise<void>;
}

let bundle: Bundle;
let livesEnd: EndState;
let tendedEnd: EndState;
beforeAll(async () => {
  bundle = await bundleImpatiently();
  [livesEnd, tendedEnd] = await Promise.all([tellUnderFire(lives, []), tellUnderFire(tended, [])]);
}, 180_000);
afterAll(() => bundle.discard());

describe.concurrent('[I28] a worker killed', { timeout: 300_000 }, () => {
  const { large, orphan } = lives.of;

  test('in the insert', () =>
    expectSameEnd(lives, [
      ...at('insertSitrep', 1, ['before', 'after'], { sitrepId: large.id }),
      ...at('insertSitrep', 3, ['before', 'uncommitted', 'after'], { sitrepId: large.id }),
    ]));

  test('in the decision', () =>
    expectSameEnd(lives, [
      ...at('makeCurrent', 1, ['uncommitted', 'after'], { sitrepId: orphan.id }),
      ...at('makeCurrent', 1, ['before', 'uncommitted', 'after'], { sitrepId: lives.of.small.id }),
    ]));

  test.each([
    ['first', 1],
    ['middle', 2],
    ['last', 3],
  ])('in the %s chunk of a rendezvous', (_, chunk) =>
    expectSameEnd(lives, at('rendezvous', chunk, ['before', 'uncommitted', 'after'], { sitrepId: large.id })),
  );

  test('in the collection of an orphan and of a released sitrep', () =>
    expectSameEnd(
      lives,
      [orphan, lives.of.first].flatMap(({ id }) =>
        at('collectSitrep', 1, ['before', 'uncommitted', 'after'], { sitrepId: id }),
      ),
    ));

  test('in the removal of a refused submission', () =>
    expectSameEnd(lives, at('discardSubmission', 1, ['before', 'uncommitted', 'after'])));

  test('while tend reconciles the head', () =>
    expectSameEnd(tended, [
      ...at('reconcileHead', 1, ['before']),
      ...[3, 4, 5, 7].flatMap((step) => at('reconcileHead', step, ['before', 'uncommitted', 'after'])),
      ...at('reconcileHead', 8, ['uncommitted', 'after']),
    ]));

  test('while tend prunes history and sweeps sitreps', () =>
    expectSameEnd(tended, [
      ...at('pruneHistory', 1, ['before', 'uncommitted', 'after']),
      ...at('sweepSitreps', 1, ['before', 'after']),
      ...at('sweepSitreps', 2, ['before', 'uncommitted', 'after']),
    ]));

  test('while tend collects submissions and markers', () =>
    expectSameEnd(tended, [
      ...at('collectSubmissions', 1, ['before', 'after']),
      ...at('collectSubmissions', 2, ['uncommitted', 'after']),
      ...at('collectMarkers', 1, ['before', 'uncommitted', 'after']),
    ]));
});

async function expectSameEnd(story: Story, points: KillPoint[]): Promise<void> {
  expect(await tellUnderFire(story, points)).toEqual(story === lives ? livesEnd : tendedEnd);
}

async function tellUnderFire(story: Story, points: KillPoint[]): Promise<EndState> {
  const world = await World.open(bundle.codePath);
  const dying = new Succession(world, points);
  try {
    await Promise.race([story.tell(world), dying.failed]);
    await dying.expectEnded();
    await checkInvariants(world.db.pool, { keep: 2 });
    return await endState(world, story.sitrepIds);
  } finally {
    await world.close();
  }
}
