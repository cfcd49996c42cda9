import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { RELEASED_SIGNAL, SUPERSEDED_SIGNAL } from '../../src/model/lifecycle.ts';
import { SEARCH_ATTRIBUTES } from '../../src/model/search-attributes.ts';
import {
  decision,
  gate,
  type Handle,
  script,
  startLifecycle,
  withWorker,
} from '../support/scripted-lifecycle.ts';
import { createTimeSkipping } from '../support/temporal.ts';

const HOUR = 3_600_000;

let environment: TestWorkflowEnvironment;
beforeAll(async () => {
  environment = await createTimeSkipping();
});
afterAll(() => environment.teardown());

const start = (sitrepId?: string) => startLifecycle(environment.client, sitrepId);

async function stateOf(handle: Handle): Promise<string | undefined> {
  return (await handle.describe()).typedSearchAttributes.get(SEARCH_ATTRIBUTES.state);
}

async function signalBoth(handle: Handle): Promise<void> {
  await handle.signal(SUPERSEDED_SIGNAL);
  await handle.signal(RELEASED_SIGNAL);
}

describe('a sitrep that becomes current', () => {
  test('is met, superseded, released, collected', async () => {
    const { activities, calls } = script();
    await withWorker(environment, activities, async () => {
      const handle = await start();
      expect(await decision(handle)).toEqual({ kind: 'current', version: 1 });
      await signalBoth(handle);
      expect(await handle.result()).toEqual({ state: 'collected', was: 'released', version: 1 });
      expect(await stateOf(handle)).toBe('collected');
    });
    expect(calls).toEqual(['insertSitrep', 'makeCurrent', 'rendezvous', 'collectSitrep']);
  });

  test('answers its decision to everyone who asks, before and after', async () => {
    const insert = gate();
    const { activities } = script({
      insertSitrep: async () => {
        await insert.opened;
        return { kind: 'inserted', parentId: null };
      },
    });
    await withWorker(environment, activities, async () => {
      const handle = await start();
      const early = [decision(handle), decision(handle)];
      insert.open();
      expect(await Promise.all(early)).toEqual(Array(2).fill({ kind: 'current', version: 1 }));
      expect(await decision(handle)).toEqual({ kind: 'current', version: 1 });
      await signalBoth(handle);
      await handle.result();
    });
  });

  test('is decided before its alerts are made, and not retired before they are', async () => {
    const alerts = gate();
    const { activities, calls } = script({
      rendezvous: async () => {
        await alerts.opened;
        return { kind: 'met', examined: 1, created: 1 };
      },
    });
    await withWorker(environment, activities, async () => {
      const handle = await start();
      await decision(handle);
      await signalBoth(handle);
      expect(await stateOf(handle)).toBe('current');
      alerts.open();
      await handle.result();
    });
    expect(calls.indexOf('collectSitrep')).toBeGreaterThan(calls.indexOf('rendezvous'));
  });

  test('goes on when its rendezvous is stale: the successor makes what is carried on', async () => {
    const { activities } = script({ rendezvous: async () => ({ kind: 'stale', examined: 0, created: 0 }) });
    await withWorker(environment, activities, async () => {
      const handle = await start();
      await signalBoth(handle);
      expect(await handle.result()).toMatchObject({ state: 'collected' });
    });
  });

  test('takes signals that come before the states that they end, twice', async () => {
    const insert = gate();
    const { activities, calls } = script({
      insertSitrep: async () => {
        await insert.opened;
        return { kind: 'inserted', parentId: null };
      },
    });
    await withWorker(environment, activities, async () => {
      const handle = await start();
      await handle.signal(RELEASED_SIGNAL);
      await signalBoth(handle);
      insert.open();
      expect(await handle.result()).toMatchObject({ state: 'collected', was: 'released' });
    });
    expect(calls).toEqual(['insertSitrep', 'makeCurrent', 'rendezvous', 'collectSitrep']);
  });

  test('waits on when it was signalled as released, and is still in history', async () => {
    let tries = 0;
    const refused = gate();
    const { activities } = script({
      collectSitrep: async () => {
        tries += 1;
        if (tries > 1) return 'collected';
        refused.open();
        return 'kept';
      },
    });
    await withWorker(environment, activities, async () => {
      const handle = await start();
      await handle.signal(RELEASED_SIGNAL);
      await refused.opened;
      // Its next look is ordered after the refusal, whose completion this update's task comes behind.
      await decision(handle);
      await environment.sleep(30 * 24 * HOUR);
      expect(tries).toBe(1);
      expect((await handle.describe()).status.name).toBe('RUNNING');
      await handle.signal(RELEASED_SIGNAL);
      expect(await handle.result()).toMatchObject({ state: 'collected' });
    });
  });

  test('[I31] has the same history after a year of waiting', async () => {
    const { activities } = script();
    await withWorker(environment, activities, async () => {
      const handle = await start();
      await decision(handle);
      await handle.signal('nobody listens to this');
      const events = async () => (await handle.fetchHistory()).events?.length ?? 0;
      // Settles what the rendezvous' completion and the signal still cause.
      await environment.sleep(HOUR);
      const before = await events();
      await environment.sleep(365 * 24 * HOUR);
      expect(await events()).toBe(before);
      expect(before).toBeLessThan(45);
      await signalBoth(handle);
      await handle.result();
    });
  });

  test('signals its predecessor and those that it released, and ignores who is gone', async () => {
    const [first, second] = [newId(), newId()];
    const parents: Record<string, string | null> = { [first]: null, [second]: first };
    const { activities } = script({
      insertSitrep: async ({ sitrepId }) => ({ kind: 'inserted', parentId: parents[sitrepId] ?? null }),
      makeCurrent: async (sitrepId) => ({
        kind: 'current',
        version: sitrepId === first ? 1 : 2,
        isHead: true,
        releasedIds: sitrepId === first ? [] : [first, newId()],
      }),
    });
    await withWorker(environment, activities, async () => {
      const predecessor = await start(first);
      await decision(predecessor);
      const successor = await start(second);
      await decision(successor);
      // Before any result is awaited: that skips time, up to the time-out that this server gives a workflow.
      await signalBoth(successor);
      expect(await predecessor.result()).toEqual({ state: 'collected', was: 'released', version: 1 });
      await successor.result();
    });
  });
});

describe('a sitrep that loses', () => {
  test('is orphaned, kept for the grace period, and collected; it never meets a request', async () => {
    const { activities, calls } = script({ makeCurrent: async () => ({ kind: 'orphaned', graceMs: HOUR }) });
    await withWorker(environment, activities, async () => {
      const began = await environment.currentTimeMs();
      const handle = await start();
      expect(await decision(handle)).toEqual({ kind: 'orphaned' });
      expect(await stateOf(handle)).toBe('orphaned');
      expect(await handle.result()).toEqual({ state: 'collected', was: 'orphaned', version: null });
      expect((await environment.currentTimeMs()) - began).toBeGreaterThanOrEqual(HOUR);
    });
    expect(calls).toEqual(['insertSitrep', 'makeCurrent', 'collectSitrep']);
  });

  test('whose grace is over already is collected at once', async () => {
    const { activities } = script({ makeCurrent: async () => ({ kind: 'orphaned', graceMs: 0 }) });
    await withWorker(environment, activities, async () => {
      const handle = await start();
      expect(await decision(handle)).toEqual({ kind: 'orphaned' });
      expect(await handle.result()).toMatchObject({ was: 'orphaned' });
    });
  });
});

describe('a sitrep that is refused', () => {
  test.each(['parentNotCurrent', 'submissionGone', 'sitrepIdReused'] as const)(
    'by the insert (%s) is answered, loses its submission, then fails without alarm',
    async (kind) => {
      const discard = gate();
      const { activities, calls } = script({
        insertSitrep: async () => ({ kind: 'refused', refusal: { kind } }),
        discardSubmission: () => discard.opened,
      });
      await withWorker(environment, activities, async () => {
        const handle = await start();
        // Answered before the submission is gone, so the refusal is in the history by then.
        expect(await decision(handle)).toEqual({ kind: 'refused', refusal: { kind } });
        discard.open();
        const failure = await failureOf(handle);
        expect(failure).toMatchObject({ type: kind, nonRetryable: true, category: 'BENIGN' });
        expect(await stateOf(handle)).toBe('refused');
      });
      expect(calls).toEqual(['insertSitrep', 'discardSubmission']);
    },
  );

  test('because it was collected before its decision fails, so that it may be submitted again', async () => {
    const { activities } = script({ makeCurrent: async () => ({ kind: 'sitrepGone' }) });
    const id = newId();
    await withWorker(environment, activities, async () => {
      expect(await failureOf(await start(id))).toMatchObject({ type: 'sitrepGone', category: 'BENIGN' });
      expect(await failureOf(await start(id))).toMatchObject({ type: 'sitrepGone' });
    });
  });

  async function failureOf(handle: Handle): Promise<ApplicationFailure> {
    const error = await handle.result().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect((error as WorkflowFailedError).cause).toBeInstanceOf(ApplicationFailure);
    return (error as WorkflowFailedError).cause as ApplicationFailure;
  }
});

describe('a lifecycle that is run again', () => {
  test('[I29] after it was superseded makes no alert, and waits only for its release', async () => {
    const { activities, calls } = script({
      makeCurrent: async () => ({ kind: 'current', version: 7, isHead: false, releasedIds: [] }),
    });
    await withWorker(environment, activities, async () => {
      const handle = await start();
      expect(await decision(handle)).toEqual({ kind: 'current', version: 7 });
      await handle.signal(RELEASED_SIGNAL);
      expect(await handle.result()).toEqual({ state: 'collected', was: 'released', version: 7 });
    });
    expect(calls).toEqual(['insertSitrep', 'makeCurrent', 'collectSitrep']);
  });

  test('[I29] after its release collects its sitrep, and waits for no signal that is past', async () => {
    const { activities } = script({ makeCurrent: async () => ({ kind: 'released' }) });
    await withWorker(environment, activities, async () => {
      const handle = await start();
      expect(await handle.result()).toEqual({ state: 'collected', was: 'released', version: null });
    });
  });

  test('[I27] is refused while it runs and after it completed, and let in after it was terminated', async () => {
    const { activities } = script();
    const id = newId();
    await withWorker(environment, activities, async () => {
      const first = await start(id);
      await expect(start(id)).rejects.toThrow(/already/i);
      await decision(first);
      await first.terminate('by hand');
      const second = await start(id);
      await signalBoth(second);
      await second.result();
      await expect(start(id)).rejects.toThrow(/already/i);
    });
  });
});

describe('[I28] an activity that fails for a while only makes the sitrep late', () => {
  const names = ['insertSitrep', 'makeCurrent', 'rendezvous', 'collectSitrep'] as const;
  test.each(names)('%s', async (name) => {
    const { activities: answers } = script();
    let failures = 0;
    const activities = {
      ...answers,
      [name]: (...input: unknown[]) => {
        failures += 1;
        if (failures <= 2) throw new Error('the database is away');
        return (answers[name] as (...given: unknown[]) => unknown)(...input);
      },
    };
    await withWorker(environment, activities, async () => {
      const handle = await start();
      await signalBoth(handle);
      expect(await handle.result()).toEqual({ state: 'collected', was: 'released', version: 1 });
    });
    expect(failures).toBe(3);
  });
});
