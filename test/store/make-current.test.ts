import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeCurrent } from '../../src/store/make-current.ts';
import { deleteSitreps } from '../../src/store/sitrep-delete.ts';
import { currentSitrep, sitrepState } from '../../src/store/sitrep-read.ts';
import { commit, countRows, insert, KEEP, swap } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aChildOf, aSitrep } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase({ max: 40 });
});
afterEach(async () => {
  await checkInvariants(db.pool);
  await db.drop();
});

test('[I1] [I2] versions count from 1, and the highest is current', async () => {
  let sent = aSitrep();
  for (const version of [1, 2, 3]) {
    expect(await commit(db.pool, sent)).toBe(version);
    expect(await currentSitrep(db.pool)).toEqual({ id: sent.id, version });
    sent = aChildOf(sent);
  }
});

test('[I4] a null parent commits only into empty history', async () => {
  const [first, rival] = [aSitrep(), aSitrep()];
  await insert(db.pool, first);
  await insert(db.pool, rival);
  expect(await swap(db.pool, first)).toMatchObject({ kind: 'current', version: 1 });
  expect(await swap(db.pool, rival)).toMatchObject({ kind: 'parentNotCurrent' });
});

test('[I3] [I5] of 30 concurrent commits on one parent exactly one wins, and a lost one is final', async () => {
  const first = aSitrep();
  await commit(db.pool, first);
  const rivals = Array.from({ length: 30 }, () => aChildOf(first));
  for (const rival of rivals) await insert(db.pool, rival);
  const outcomes = await Promise.all(rivals.map((rival) => swap(db.pool, rival)));
  const winners = outcomes.filter(({ kind }) => kind === 'current');
  expect(winners).toMatchObject([{ version: 2, isHead: true }]);
  expect(outcomes.filter(({ kind }) => kind === 'parentNotCurrent')).toHaveLength(29);
  expect(await countRows(db.pool, 'fm_sitrep_history')).toBe(2);
  const again = await Promise.all(rivals.map((rival) => swap(db.pool, rival)));
  expect(again.map(({ kind }) => kind)).toEqual(outcomes.map(({ kind }) => kind));
});

test('[I8] a retry after a lost reply answers the same version, also long after', async () => {
  const first = aSitrep();
  await commit(db.pool, first);
  expect(await swap(db.pool, first)).toMatchObject({ kind: 'current', version: 1, isHead: true });
  await commit(db.pool, aChildOf(first));
  expect(await swap(db.pool, first)).toMatchObject({ kind: 'current', version: 1, isHead: false });
});

test('[I4] a sitrep without a row never matches, not even as a null parent', async () => {
  const missing = aSitrep();
  expect(await swap(db.pool, missing)).toEqual({ kind: 'sitrepGone' });
  const first = aSitrep();
  await commit(db.pool, first);
  expect(await swap(db.pool, missing)).toEqual({ kind: 'parentNotCurrent', ageSeconds: null });
  expect(await swap(db.pool, aChildOf(first))).toEqual({ kind: 'sitrepGone' });
});

test('[I21] fifty commits against fifty deletions of the same sitreps: each is either current or gone', async () => {
  let parent = aSitrep();
  await commit(db.pool, parent);
  for (let round = 0; round < 50; round++) {
    const child = aChildOf(parent);
    await insert(db.pool, child);
    const [made, { deleted }] = await Promise.all([
      swap(db.pool, child),
      deleteSitreps(db.pool, [{ id: child.id, lifecycleOpen: false }]),
    ]);
    expect(made.kind).toBe(deleted.length === 1 ? 'sitrepGone' : 'current');
    if (made.kind === 'current') parent = child;
  }
});

test('[I2] [I25] a commit prunes what falls out, at most ten, and answers their ids', async () => {
  const chain = [aSitrep()];
  for (let n = 1; n < 15; n++) chain.push(aChildOf(chain.at(-1) as never));
  for (const sent of chain) await commit(db.pool, sent);
  const next = aChildOf(chain.at(-1) as never);
  await insert(db.pool, next);
  const made = await swap(db.pool, next, 3);
  expect(made).toMatchObject({ kind: 'current', version: 16 });
  expect(made.kind === 'current' && made.releasedIds).toEqual(chain.slice(0, 10).map(({ id }) => id));
  expect(await countRows(db.pool, 'fm_sitrep_history')).toBe(6);
  expect(await sitrepState(db.pool, chain[0]?.id as string)).toMatchObject({ state: 'released' });
});

test('[I3] [I7] what was released never comes back', async () => {
  const first = aSitrep();
  await commit(db.pool, first);
  const second = aChildOf(first);
  await commit(db.pool, second, 1);
  expect(await swap(db.pool, first)).toEqual({ kind: 'released' });
  await deleteSitreps(db.pool, [{ id: first.id, lifecycleOpen: true }]);
  expect(await makeCurrent(db.pool, first.id, null, KEEP)).toEqual({
    kind: 'parentNotCurrent',
    ageSeconds: null,
  });
  expect(await insert(db.pool, first)).toEqual({ kind: 'refused', refusal: { kind: 'parentNotCurrent' } });
});
