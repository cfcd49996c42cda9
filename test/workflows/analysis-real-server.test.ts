import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import inserted from '../../examples/ereports/psu-insert.json' with { type: 'json' };
import removed from '../../examples/ereports/psu-remove.json' with { type: 'json' };
import type { Engine } from '../../src/diagnosis/engine.ts';
import { ANALYSIS } from '../../src/model/analysis-workflow.ts';
import { workflowIdOf } from '../../src/model/lifecycle.ts';
import type { SitrepView } from '../../src/model/views.ts';
import { readSitrep } from '../../src/store/sitrep-read.ts';
import { prepareNamespace } from '../../src/worker/prepare.ts';
import { TestService } from '../api/harness.ts';
import { commit, insert } from '../support/commit.ts';
import { configure } from '../support/configuration.ts';
import { aCase, aChildOf, aSitrep } from '../support/document.ts';
import { anEreport, ereportsOf } from '../support/ereports.ts';
import { Hook } from '../support/hook.ts';
import { checkInvariants } from '../support/invariants.ts';
import { makeReceiver } from '../support/receivers.ts';
import { startWorkerAround } from '../support/worker-around.ts';

// With the real server, worker and API: what wakes the analysis, and what comes of it.

const WAITING = { timeout: 30_000 };
let service: TestService;
let hook: Hook;
beforeEach(async () => {
  hook = await Hook.start();
  service = await TestService.start();
});
afterEach(async () => {
  await checkInvariants(pool());
  await service.close();
  await hook.stop();
});

const pool = () => service.api.db.pool;
const client = () => service.temporal.client;
const report = async (ereports: unknown) =>
  expect((await service.api.post('/v1/ereports', ereports)).status).toBe(200);
const current = () => readSitrep(pool(), 'current');
const handle = () => client().workflow.getHandle(ANALYSIS);

async function details(): Promise<string> {
  const metadata = await handle().query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails;
}
/** Until all that the head has is met and marked, and an analysis has said what became of what it read. */
async function settled(): Promise<void> {
  await expect.poll(details, WAITING).toMatch(/became current|No case has changed/);
  await expect.poll(() => service.api.count('ereport WHERE marked_seen_in IS NULL'), WAITING).toBe(0);
}
async function wakeUps(): Promise<number> {
  const { events } = await handle().fetchHistory();
  return (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length;
}

describe('an ereport', () => {
  test('leads to a current sitrep, an alert and a delivered webhook, with nothing else done', async () => {
    await makeReceiver(pool(), { endpoint: hook.url, subscriptions: ['hardware.**'] });
    await report(removed);
    await expect.poll(() => hook.received.length, WAITING).toBe(1);
    expect(await current()).toMatchObject({ version: 1, creator: 'diagnosis', cases: [{ closed: false }] });
    await settled();

    await report(inserted);
    await expect.poll(() => hook.received.length, WAITING).toBe(2);
    // The case is closed, and dropped as soon as what it asked for is made.
    await expect.poll(async () => (await current())?.cases, WAITING).toEqual([]);
    expect((await current())?.version).toBe(3);
    expect(new Set(hook.ids).size).toBe(2);
  });

  test('[I45] that is known already, and one that changes no case, makes no sitrep', async () => {
    await report(removed);
    await settled();
    await report(removed);
    await report(anEreport({ class: 'nobody.reads.this' }));
    await expect.poll(details, WAITING).toContain('No engine understood 1 of them.');
    expect((await current())?.version).toBe(1);
  });

  test('[I29] makes a sitrep that goes on when the analysis is terminated, and again when a worker starts', async () => {
    await report(removed);
    await settled();
    await handle().terminate();
    const head = (await current()) as SitrepView;
    const lifecycle = client().workflow.getHandle(workflowIdOf(head.id));
    expect((await lifecycle.describe()).status.name).toBe('RUNNING');
    const { connection, namespace } = service.temporal;
    await prepareNamespace(connection, client(), namespace);
    expect((await handle().describe()).status.name).toBe('RUNNING');
    await report(inserted);
    await expect.poll(async () => (await current())?.cases, WAITING).toEqual([]);
    expect((await lifecycle.describe()).status.name).toBe('RUNNING');
  });
});

test('a storm of 40 requests is a few sitreps, and each thing is in one of them', {
  timeout: 60_000,
}, async () => {
  await configure(pool(), {
    thresholdRules: [
      {
        name: 'fans',
        class: 'fan.*',
        thing: ['/restartId'],
        count: 2,
        withinSeconds: 60,
        closeAfterSeconds: 86_400,
        severity: 'info',
        alertClass: 'threshold.exceeded',
        alertVersion: 0,
      },
    ],
  });
  const timeCollected = new Date().toISOString();
  const ids = Array.from({ length: 40 }, (_, n) => `0191e2d0-0000-7000-8000-0000000000${n + 10}`);
  await Promise.all(ids.map((id) => report(ereportsOf(id, 5, { class: 'fan.slow', timeCollected }))));
  await expect.poll(() => service.api.count('alert'), WAITING).toBe(40);
  await settled();
  expect((await current())?.cases).toHaveLength(40);
  expect(await service.api.count('fm_sitrep_history')).toBeLessThan(10);
});

test('an engine that never says the same twice makes a sitrep whenever it is woken, and does not wake itself', async () => {
  await service.stopWorker();
  const restless: Engine = {
    name: 'restless',
    classes: ['fan.*'],
    analyze: (analysis) => {
      for (const ereport of analysis.newEreports) analysis.openCase('A fan').addEreport(ereport);
      for (const oneCase of analysis.cases) oneCase.setComment(`As of ${analysis.time}.`);
    },
  };
  const worker = await startWorkerAround({
    pool: pool(),
    temporal: service.temporal,
    codePath: inject('workflowBundle'),
    engines: [restless],
  });
  await report(anEreport({ class: 'fan.slow' }));
  await expect.poll(async () => (await current())?.version, WAITING).toBe(1);
  const { id } = (await current()) as SitrepView;
  const lifecycle = client().workflow.getHandle(workflowIdOf(id));
  const isMet = async () => {
    const { events } = await lifecycle.fetchHistory();
    return (events ?? []).filter((event) => event.activityTaskCompletedEventAttributes).length;
  };
  await expect.poll(isMet, WAITING).toBe(3);
  expect(await wakeUps()).toBe(1);
  await report(anEreport({ class: 'fan.slow' }));
  await expect.poll(async () => (await current())?.version, WAITING).toBe(2);
  await worker.stop();
});

test('[I5] another one that becomes current meanwhile only means that the analysis begins anew from that', async () => {
  await service.stopWorker();
  let rivals = 2;
  let parent = aSitrep();
  await commit(pool(), parent);
  const worker = await startWorkerAround({
    pool: pool(),
    temporal: service.temporal,
    codePath: inject('workflowBundle'),
    around: {
      async handOver(act, start) {
        if (rivals-- > 0) {
          const rival = aChildOf(parent, { cases: [...parent.cases, aCase()] });
          await commit(pool(), rival);
          parent = rival;
        }
        return act(start);
      },
    },
  });
  await report(removed);
  await expect.poll(async () => (await current())?.creator, WAITING).toBe('diagnosis');
  expect(await current()).toMatchObject({ version: 4, parentId: parent.id });
  expect((await current())?.cases).toHaveLength(4);
  await settled();
  expect(await service.api.count('alert WHERE class LIKE $$hardware%$$')).toBe(1);
  await worker.stop();
});

describe('[I47] with as many sitreps as there may be', () => {
  test('it makes none, says so, asks tend to make room, and goes on when there is some', async () => {
    const { connection, namespace } = service.temporal;
    await configure(pool(), { sitrepLimit: 3, keepVersions: 1, analysisIntervalSeconds: 3_600 });
    const head = aSitrep();
    await commit(pool(), head);
    // Never decided, as lifecycles leave them that were terminated.
    for (const one of [aChildOf(head), aChildOf(head)]) await insert(pool(), one);
    await report(removed);
    await expect.poll(details, WAITING).toContain('There are 3 sitreps, and no more than 3 shall be made.');
    expect(await service.api.count('fm_analysis')).toBe(0);
    await pool().query(`UPDATE fm_sitrep SET time_created = now() - interval '2 hours'`);
    // From now on there is a schedule; until then nobody could be asked.
    await prepareNamespace(connection, client(), namespace);
    await expect.poll(async () => (await current())?.creator, WAITING).toBe('diagnosis');
  });
});
