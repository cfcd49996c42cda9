import { cancelled, heartbeat } from '@temporalio/activity';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { tend } from '../../src/api/tend.ts';
import type { LifecycleInput, StoredState } from '../../src/model/lifecycle.ts';
import { readAlert } from '../../src/store/alert.ts';
import { readSitrep, sitrepState } from '../../src/store/sitrep-read.ts';
import { TestService } from '../api/harness.ts';
import { countRows } from '../support/commit.ts';
import { aCase, aChildOf, aRequest, aSitrep, requestIds, type Sent } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { letPass } from '../support/let-pass.ts';
import type { Handle } from '../support/scripted-lifecycle.ts';
import { Stage } from '../support/stage.ts';

// Operators terminate and cancel. Whatever a lifecycle was at, nothing may stay for ever, and nothing may be lost.

const KEEP = 2;
type Step = 'insertSitrep' | 'makeCurrent' | 'rendezvous' | 'collectSitrep';

/** Where a lifecycle is when it is ended. */
interface Point {
  /** What the tables say of the sitrep there. */
  state: StoredState;
  /** Held before this step; otherwise it waits by itself. */
  held?: Step;
  /** How many have become current after it. */
  children?: number;
  /** Whether another has become current in its place. */
  lost?: boolean;
  /** What is left of it after two hours and a pass of `tend`. */
  left: StoredState | null;
  /** What a resubmission is answered. */
  again: { status: number; state: StoredState };
}
const POINTS: Record<string, Point> = {
  'before its insert': {
    held: 'insertSitrep',
    state: 'submitted',
    left: null,
    again: { status: 201, state: 'current' },
  },
  'inserted, and not decided': {
    held: 'makeCurrent',
    state: 'inserted',
    left: null,
    again: { status: 201, state: 'current' },
  },
  'current, before its alerts are made': {
    held: 'rendezvous',
    state: 'current',
    left: 'current',
    again: { status: 200, state: 'current' },
  },
  'current and reconciled': { state: 'current', left: 'current', again: { status: 200, state: 'current' } },
  superseded: {
    children: 1,
    state: 'superseded',
    left: 'superseded',
    again: { status: 200, state: 'superseded' },
  },
  released: {
    children: KEEP,
    held: 'collectSitrep',
    state: 'released',
    left: null,
    again: { status: 200, state: 'released' },
  },
  'orphaned, in its grace period': {
    lost: true,
    state: 'orphaned',
    left: null,
    again: { status: 200, state: 'orphaned' },
  },
};
const CASES = Object.entries(POINTS).flatMap(([name, point]) =>
  (['terminate', 'cancel'] as const).map((end) => ({ name, end, point })),
);

let service: TestService;
let stage: Stage;
/** The present head; each test goes on from it. */
let head: Sent;
/** The step that is held, and whose; `arrived` once it is. */
let held: { step: Step; sitrepId: string; arrived: () => void } | null = null;

beforeAll(async () => {
  service = await TestService.start({ worker: false });
  const { temporal, api } = service;
  stage = new Stage({ temporal, codePath: inject('workflowBundle') }, api.db.pool);
  await stage.work(
    { SITREP_KEEP_VERSIONS: String(KEEP) },
    {
      insertSitrep: (act, input) => unlessHeld('insertSitrep', idOf(input), () => act(input)),
      makeCurrent: (act, id, parentId) => unlessHeld('makeCurrent', id, () => act(id, parentId)),
      rendezvous: (act, id) => unlessHeld('rendezvous', id, () => act(id)),
      collectSitrep: (act, id) => unlessHeld('collectSitrep', id, () => act(id)),
    },
  );
  head = aSitrep();
  await stage.live(head);
});
afterAll(async () => {
  await stage.rest();
  await checkInvariants(stage.pool, { keep: KEEP });
  await service.close();
});

const idOf = ({ sitrepId }: LifecycleInput) => sitrepId;

/** A step that is held ends by being cancelled, of which it hears as it says that it lives. */
async function unlessHeld<T>(step: Step, sitrepId: string, act: () => Promise<T>): Promise<T> {
  if (held?.step !== step || held.sitrepId !== sitrepId) return act();
  held.arrived();
  const timer = setInterval(heartbeat, 100);
  return cancelled().finally(() => clearInterval(timer));
}

/** A child of the head that asks for an alert of its own. */
function aNext(parent = head): Sent {
  return aChildOf(parent, { cases: [aCase({ alertRequests: [aRequest()] })] });
}

async function moveOn(times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    const child = aNext();
    expect((await service.api.submit(child)).status).toBe(201);
    head = child;
  }
}

/** Brings a new sitrep's lifecycle to where it is to be ended. */
async function bringTo({ held: step, children = 0, lost = false, state }: Point): Promise<Sent> {
  const sent = aNext();
  if (lost) await moveOn(1);
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  held = step ? { step, sitrepId: sent.id, arrived: resolve } : null;
  const handle = await stage.begin(sent);
  if (!step || children > 0) await stage.waits(handle, { activities: lost ? 2 : 3 });
  if (!lost && (step === undefined || step === 'rendezvous' || children > 0)) head = sent;
  await moveOn(children);
  if (step) await arrived;
  else if (children > 0) await stage.waits(handle, { signals: 1 });
  expect(await stateOf(sent)).toBe(state);
  return sent;
}

async function end(sent: Sent, how: 'terminate' | 'cancel'): Promise<void> {
  const handle: Handle = stage.lifecycle(sent.id);
  await handle[how]();
  await expect(handle.result()).rejects.toThrow();
  held = null;
}

async function stateOf({ id }: Sent): Promise<StoredState | null> {
  return (await sitrepState(stage.pool, id))?.state ?? null;
}

const alertsOf = async (sent: Sent) =>
  (await Promise.all(requestIds(sent).map((id) => readAlert(stage.pool, id)))).filter(
    (alert) => alert !== null,
  );

async function reconciled(): Promise<boolean | undefined> {
  return (await readSitrep(stage.pool, 'current'))?.rendezvous?.reconciled;
}

describe.each(CASES)('[I29] a lifecycle that is ended ($end) $name', ({ end: how, point }) => {
  const wasCurrent = !point.lost && point.again.status === 200;

  test('leaves nothing for ever, and loses nothing', async () => {
    const sent = await bringTo(point);
    await end(sent, how);
    expect(await stateOf(sent)).toBe(point.state);
    await tend(stage.client, false);
    // Too young to be taken for left over; one that was released waits for nothing.
    expect(await stateOf(sent)).toBe(point.state === 'released' ? null : point.state);
    await letPass(stage.pool, '2 hours');
    await tend(stage.client, false);
    expect(await stateOf(sent)).toBe(point.left);
    if (point.left === null)
      expect(await countRows(stage.pool, `fm_case WHERE sitrep_id = '${sent.id}'`)).toBe(0);
    if (point.left === 'current') expect(await reconciled()).toBe(true);
    expect(await alertsOf(sent)).toHaveLength(wasCurrent ? 1 : 0);

    await moveOn(KEEP);
    await tend(stage.client, false);
    expect(await stateOf(sent)).toBeNull();
    // What it caused outlives it.
    expect(await alertsOf(sent)).toHaveLength(wasCurrent ? 1 : 0);
  });

  test('is run again when its document is submitted again, from where it was', async () => {
    const sent = await bringTo(point);
    await end(sent, how);
    const { status, body } = await service.api.submit(sent);
    if (point.state === 'released') {
      // It may be collected before the answer is made.
      expect([200, 409]).toContain(status);
      expect(await stage.lifecycle(sent.id).result()).toMatchObject({ was: 'released' });
    } else {
      expect({ status, state: body.state }).toEqual(point.again);
    }
    if (status === 201) head = sent;
    if (point.again.state === 'current') await expect.poll(reconciled).toBe(true);
    expect(await alertsOf(sent)).toHaveLength(point.lost ? 0 : 1);

    if (point.lost) {
      // Its grace goes on from its insert, however often it is run again.
      await letPass(stage.pool, '2 hours');
      await end(sent, how);
      await service.api.submit(sent);
    } else {
      await moveOn(KEEP);
    }
    expect(await stage.lifecycle(sent.id).result()).toMatchObject({ state: 'collected' });
    expect(await stateOf(sent)).toBeNull();
    expect(await alertsOf(sent)).toHaveLength(point.lost ? 0 : 1);
  });
});

test('in the end, tend finds nothing', async () => {
  await letPass(stage.pool, '2 hours');
  await tend(stage.client, false);
  for (const { count } of Object.values((await tend(stage.client, false)).found)) expect(count).toBe(0);
});
