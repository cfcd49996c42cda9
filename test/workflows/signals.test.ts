import { WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { tend } from '../../src/api/tend.ts';
import { RELEASED_SIGNAL, SUPERSEDED_SIGNAL } from '../../src/model/lifecycle.ts';
import { readAlert } from '../../src/store/alert.ts';
import { sitrepState } from '../../src/store/sitrep-read.ts';
import { commit, countRows } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aChildOf, aSitrep, requestIds, type Sent } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { Stage } from '../support/stage.ts';
import { connectTemporal, type TestTemporal } from '../support/temporal.ts';

// Signals only say that something is so; whoever hears none, or the wrong one, does nothing that can't be mended.

const KEEP = 3;
let temporal: TestTemporal;
let db: TestDatabase;
let stage: Stage;
beforeAll(async () => {
  temporal = await connectTemporal();
});
afterAll(() => temporal.close());
beforeEach(async () => {
  db = await createDatabase();
  stage = new Stage({ temporal, codePath: inject('workflowBundle') }, db.pool);
});
afterEach(async () => {
  await stage.rest();
  await checkInvariants(db.pool);
  await db.drop();
});

const work = () => stage.work({ SITREP_KEEP_VERSIONS: String(KEEP) });
const tendNow = async () => (await tend(temporal.client, false)).found;
const stateOf = async ({ id }: Sent) => (await sitrepState(db.pool, id))?.state ?? null;

/** Moves on where no lifecycle says so to anybody. */
async function commitSilently(parent: Sent, keep?: number): Promise<Sent> {
  const child = aChildOf(parent);
  await commit(db.pool, child, keep);
  return child;
}

test('[I29] lost ones are made up for in one pass, however many lifecycles miss them', async () => {
  await stage.work();
  const first = aSitrep();
  const chain = [first];
  const handles = [await stage.live(first)];
  while (chain.length < 7) {
    const silent = await commitSilently(chain.at(-1) as Sent);
    const spoken = aChildOf(silent);
    handles.push(await stage.live(spoken));
    chain.push(silent, spoken);
  }
  const signalled = async () => (await tendNow()).signalsSent.ids.toSorted();
  const ids = handles.map(({ workflowId }) => workflowId.replace('sitrep:', ''));
  // All that were spoken, but the head.
  expect(await signalled()).toEqual(ids.slice(0, -1).toSorted());
  for (const handle of handles.slice(0, -1)) await stage.waits(handle, { signals: 1 });

  await commitSilently(chain.at(-1) as Sent, 1);
  expect(await signalled()).toEqual(ids.toSorted());
  for (const handle of handles) expect(await handle.result()).toMatchObject({ was: 'released' });
  // Its pass deleted those without a lifecycle.
  expect(await countRows(db.pool, 'fm_sitrep')).toBe(1);
  for (const { count } of Object.values(await tendNow())) expect(count).toBe(0);
});

test('those that come before the insert, twice, or with an unknown name delete nothing that is current', async () => {
  const first = aSitrep({}, 2);
  const handle = await stage.begin(first);
  for (const name of [RELEASED_SIGNAL, SUPERSEDED_SIGNAL, 'nobody knows this']) {
    await handle.signal(name);
    await handle.signal(name);
  }
  await work();
  await stage.waits(handle, { activities: 4 });
  expect(await stateOf(first)).toBe('current');
  for (const id of requestIds(first)) expect(await readAlert(db.pool, id)).not.toBeNull();

  // Again while it is kept; and then it hears those that are meant.
  await handle.signal(RELEASED_SIGNAL);
  await stage.waits(handle, { activities: 5 });
  expect(await stateOf(first)).toBe('current');
  let parent = first;
  for (let n = 0; n < KEEP; n++) {
    const child = aChildOf(parent);
    await stage.live(child);
    parent = child;
  }
  expect(await handle.result()).toMatchObject({ state: 'collected', was: 'released', version: 1 });
  expect(await stateOf(first)).toBeNull();
});

test('those for one that has completed are refused, and change nothing', async () => {
  await work();
  const first = aSitrep();
  const handle = await stage.live(first);
  await commitSilently(first, 1);
  await tendNow();
  await handle.result();
  const before = await handle.fetchHistory();
  for (const name of [SUPERSEDED_SIGNAL, RELEASED_SIGNAL]) {
    await expect(handle.signal(name)).rejects.toThrow(WorkflowNotFoundError);
  }
  expect((await handle.fetchHistory()).events).toHaveLength(before.events?.length ?? 0);
});

test('an orphan that is told that it was superseded and released stays for its grace all the same', async () => {
  await work();
  const first = aSitrep();
  await stage.live(first);
  await stage.live(aChildOf(first));
  const lost = aChildOf(first);
  const handle = await stage.live(lost);
  for (const name of [SUPERSEDED_SIGNAL, RELEASED_SIGNAL]) await handle.signal(name);
  await stage.waits(handle, { activities: 2, signals: 2 });
  expect(await stateOf(lost)).toBe('orphaned');
});
