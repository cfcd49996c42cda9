import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workflowIdOf } from '../../src/model/lifecycle.ts';
import { SEARCH_ATTRIBUTES } from '../../src/model/search-attributes.ts';
import { startLifecycle } from '../../src/temporal/lifecycle-start.ts';
import { TestService } from '../api/harness.ts';
import { aChildOf, aSitrep, type Sent, submissionOf } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { lifecycleOf, live, startOf } from '../support/lifecycles.ts';

// What only the real server does as it does it in earnest: policies, visibility, what its UI shows.

let service: TestService;
let head: Sent;
beforeAll(async () => {
  service = await TestService.start({ worker: false });
  await service.startWorker({ SITREP_ORPHAN_GRACE_SECONDS: '0' });
  head = aSitrep({ creator: 'the first' });
  await live(service.api.db.pool, client(), head);
});
afterAll(async () => {
  await checkInvariants(service.api.db.pool);
  await service.close();
});

const client = () => service.temporal.client;
const start = (sent: Sent) => startLifecycle(client(), startOf(submissionOf(sent)));

/** A child of the head, which it becomes. */
async function moveOn(fields: Partial<Sent> = {}): Promise<Sent> {
  const child = aChildOf(head, fields);
  await live(service.api.db.pool, client(), child);
  head = child;
  return child;
}

describe('[I27] a second start, although each asks by an update of its own', () => {
  test('is refused while the lifecycle runs', async () => {
    const sent = await moveOn();
    expect(await start(sent)).toEqual({ kind: 'alreadyStarted' });
    expect((await lifecycleOf(client(), sent.id).describe()).status.name).toBe('RUNNING');
  });

  test('is refused after it completed', async () => {
    const parent = head;
    await moveOn();
    const [handle, decision] = await live(service.api.db.pool, client(), aChildOf(parent));
    expect(decision).toEqual({ kind: 'orphaned' });
    expect(await handle.result()).toMatchObject({ was: 'orphaned' });
    const { runId } = await handle.describe();
    expect(await start({ ...aChildOf(parent), id: handle.workflowId.slice('sitrep:'.length) })).toEqual({
      kind: 'alreadyStarted',
    });
    expect((await handle.describe()).runId).toBe(runId);
  });

  test('runs it anew after it was terminated or cancelled, and from where it was', async () => {
    const sent = await moveOn();
    const handle = lifecycleOf(client(), sent.id);
    await handle.terminate('by hand');
    const again = await start(sent);
    expect(again).toMatchObject({ kind: 'decided', decision: { kind: 'current' } });
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    expect(await start(sent)).toEqual(again);
  });

  test('runs it anew after it was refused, which is not its end', async () => {
    const gone = aChildOf(head);
    for (const _ of ['once', 'again']) {
      expect(await start(gone)).toEqual({
        kind: 'decided',
        decision: { kind: 'refused', refusal: { kind: 'submissionGone' } },
      });
      await expect(lifecycleOf(client(), gone.id).result()).rejects.toThrow(WorkflowFailedError);
    }
  });

  test('from sixteen clients at once is one lifecycle', async () => {
    const sent = aChildOf(head);
    const { pool } = service.api.db;
    const outcomes = await Promise.allSettled(Array.from({ length: 16 }, () => live(pool, client(), sent)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    head = sent;
  });
});

describe('in Temporal', () => {
  async function found(query: string, { temporal } = service): Promise<string[]> {
    const ids: string[] = [];
    for await (const { workflowId } of temporal.client.workflow.list({ query })) ids.push(workflowId);
    return ids;
  }

  test('lifecycles are found by state, version, parent and creator', async () => {
    const creator = `test ${randomUUID()}`;
    const parent = head;
    const sent = await moveOn({ creator });
    const { version } = (await service.api.get('/v1/sitreps/current')).body;
    const id = workflowIdOf(sent.id);
    // A run that was terminated keeps the state that it had.
    const current = 'SitrepState="current" AND ExecutionStatus="Running"';
    await expect.poll(() => found(current)).toEqual([id]);
    expect(await found(`SitrepVersion=${version}`)).toEqual([id]);
    expect(await found(`SitrepParent="${parent.id}"`)).toEqual([id]);
    expect(await found(`SitrepCreator="${creator}"`)).toEqual([id]);
    await expect.poll(() => found('SitrepState="superseded"')).toContain(workflowIdOf(parent.id));
  });

  test('what lost is found as orphaned', async () => {
    const patient = await TestService.start();
    try {
      const first = aSitrep();
      const lost = aChildOf(first);
      for (const sent of [first, aChildOf(first), lost]) {
        await live(patient.api.db.pool, patient.temporal.client, sent);
      }
      await expect.poll(() => found('SitrepState="orphaned"', patient)).toEqual([workflowIdOf(lost.id)]);
    } finally {
      await patient.close();
    }
  });

  test('a life tells its story: summary, state, each step', async () => {
    const parent = head;
    const sent = await moveOn({ creator: 'night shift' });
    const handle = lifecycleOf(client(), sent.id);
    const described = await handle.describe();
    expect(await described.staticSummary()).toBe(
      `Child of ${parent.id}, by night shift: 1 case, 1 alert request`,
    );
    await expect.poll(() => currentDetails(sent.id)).toMatch(/^\*\*current\*\*, version \d+\n\nReconciled/);
    expect(await stepsOf(sent.id)).toEqual([
      'Write the sitrep with all its children',
      'Make it current, if its parent is',
      'Make the alerts that it requests',
    ]);
    expect(described.typedSearchAttributes.get(SEARCH_ATTRIBUTES.parent)).toBe(parent.id);
  });

  /** As the UI asks for it. */
  async function currentDetails(sitrepId: string): Promise<string> {
    const handle = lifecycleOf(client(), sitrepId);
    return (await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;
  }

  async function stepsOf(sitrepId: string): Promise<unknown[]> {
    const { events } = await lifecycleOf(client(), sitrepId).fetchHistory();
    return (events ?? [])
      .filter(({ activityTaskScheduledEventAttributes }) => activityTaskScheduledEventAttributes)
      .map(({ userMetadata }) => JSON.parse(Buffer.from(userMetadata?.summary?.data ?? '').toString()));
  }
});
