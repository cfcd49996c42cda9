import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { ANALYSIS } from '../../src/model/analysis-workflow.ts';
import { wakeAnalysis } from '../../src/temporal/wake-analysis.ts';
import { until } from '../e2e/local-stack.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aChildOf, aSitrep } from '../support/document.ts';
import { Stage } from '../support/stage.ts';
import { connectTemporal, type TestTemporal } from '../support/temporal.ts';
import { bundleChanged, type Change, type ChangedWorkflows } from './changed-workflows.ts';

// A lifecycle waits for weeks, the analysis runs for ever: so they begin under one version of the workflows, and go on under
// another. Here on the real server, with workers of two versions, one after the other. docs/changing-workflows.md
// explains what happens here.

const PATCH = 'discard-before-current';
const LOOPED = 'pause-before-analysing';

/** A step more in a lifecycle, and one in the loop of the analysis, each where what waits has gone past. */
const changes = (ifLifecycle: string, ifAnalysis: string): Change[] => [
  {
    file: 'sitrep-lifecycle.ts',
    texts: [
      ['  allHandlersFinished,\n', '  allHandlersFinished,\n  patched,\n'],
      [
        '  const made = await makeCurrent(',
        `  ${ifLifecycle} await discardSubmission(input);\n  const made = await makeCurrent(`,
      ],
    ],
  },
  {
    file: 'analysis.ts',
    texts: [
      ['  defineSignal,\n', '  defineSignal,\n  patched,\n'],
      [
        '    const round = await analyse(',
        `    ${ifAnalysis} await sleep(1);\n    const round = await analyse(`,
      ],
    ],
  },
];

const TIMEOUT = 120_000;
const KEEP_TWO = { SITREP_KEEP_VERSIONS: '2' };

let patched: ChangedWorkflows;
let unpatched: ChangedWorkflows;
beforeAll(async () => {
  patched = await bundleChanged(changes(`if (patched('${PATCH}'))`, `if (patched('${LOOPED}'))`));
  unpatched = await bundleChanged(changes('if (true)', 'if (true)'));
}, TIMEOUT);
afterAll(async () => {
  await patched.discard();
  await unpatched.discard();
});

let database: TestDatabase;
let temporal: TestTemporal;
let stages: { old: Stage; patched: Stage; unpatched: Stage };
beforeEach(async () => {
  [database, temporal] = await Promise.all([createDatabase(), connectTemporal()]);
  const stage = (codePath: string) => new Stage({ temporal, codePath }, database.pool);
  stages = {
    old: stage(inject('workflowBundle')),
    patched: stage(patched.codePath),
    unpatched: stage(unpatched.codePath),
  };
});
afterEach(async () => {
  for (const stage of Object.values(stages)) await stage.rest();
  await temporal.close();
  await database.drop();
});

/** Two versions in history, both made by the old code, whose worker has gone: one superseded, one current. */
async function twoThatWait() {
  const { old } = stages;
  await old.work(KEEP_TWO);
  const first = aSitrep();
  const second = aChildOf(first);
  const superseded = await old.live(first);
  const current = await old.live(second);
  await old.waits(superseded, { activities: 3, signals: 1 });
  await old.waits(current, { activities: 3, signalsSent: 1 });
  await old.rest();
  return { second, superseded, current };
}

const NONDETERMINISM = 24;

/** How often the code that a worker had did not fit what stands in the history. */
async function misfits(handle: WorkflowHandle): Promise<number> {
  const { events } = await handle.fetchHistory();
  const causes = events?.map((event) => event.workflowTaskFailedEventAttributes?.cause) ?? [];
  return causes.filter((cause) => cause === NONDETERMINISM).length;
}

function untilMisfit(handle: WorkflowHandle): Promise<void> {
  return until(`${handle.workflowId} does not fit`, async () => (await misfits(handle)) > 0, 60_000);
}

async function patchesOf(handle: WorkflowHandle): Promise<unknown> {
  return (await handle.describe()).searchAttributes.TemporalChangeVersion;
}

const COLLECTED = { state: 'collected', was: 'released' };

test('[I30] with `patched`, what waits since the old code goes on under the new one, and what begins goes the new way', {
  timeout: TIMEOUT,
}, async () => {
  const { second, superseded, current } = await twoThatWait();
  const stage = stages.patched;
  await stage.work(KEEP_TWO);
  const third = aChildOf(second);
  const next = await stage.live(third);
  await stage.waits(superseded, { signals: 2 });
  expect(await superseded.result()).toEqual({ ...COLLECTED, version: 1 });
  await stage.waits(current, { signals: 1 });
  await stage.live(aChildOf(third));
  await stage.waits(current, { signals: 2 });
  expect(await current.result()).toEqual({ ...COLLECTED, version: 2 });
  expect(await patchesOf(next)).toEqual([PATCH]);
  for (const handle of [superseded, current]) expect(await patchesOf(handle)).toBeUndefined();
  for (const handle of [superseded, current, next]) expect(await misfits(handle)).toBe(0);
});

test('[I30] without it, what waits does not fit the new code, and stands still until code that fits is there', {
  timeout: TIMEOUT,
}, async () => {
  const { second, superseded, current } = await twoThatWait();
  await stages.unpatched.work(KEEP_TWO);
  await stages.unpatched.live(aChildOf(second));
  for (const handle of [superseded, current]) {
    await untilMisfit(handle);
    expect((await handle.describe()).status.name).toBe('RUNNING');
  }
  await stages.unpatched.rest();
  await stages.patched.work(KEEP_TWO);
  expect(await superseded.result()).toEqual({ ...COLLECTED, version: 1 });
  await stages.patched.waits(current, { signals: 1 });
});

test('[I30] what began the new way does not fit the old code, and goes on when the new one is back', {
  timeout: TIMEOUT,
}, async () => {
  await stages.patched.work();
  const first = aSitrep();
  const handle = await stages.patched.live(first);
  await stages.patched.waits(handle, { activities: 4 });
  await stages.patched.rest();
  await stages.old.work();
  await stages.old.live(aChildOf(first));
  await untilMisfit(handle);
  await stages.old.rest();
  await stages.patched.work();
  await stages.patched.waits(handle, { activities: 4, signals: 1 });
  expect((await handle.describe()).status.name).toBe('RUNNING');
});

test('[I30] a loop that runs for ever takes the new way from its next round on, and is replayed with both', {
  timeout: TIMEOUT,
}, async () => {
  const { old, patched: stage } = stages;
  const handle = temporal.client.workflow.getHandle(ANALYSIS);
  await old.work();
  await wakeAnalysis(temporal.client);
  await old.waits(handle, { activities: 1 });
  await old.rest();
  // Each worker has nothing in memory: it has to go through all rounds that were before it.
  for (const rounds of [2, 3, 4]) {
    await stage.work();
    await wakeAnalysis(temporal.client);
    await stage.waits(handle, { activities: rounds });
  }
  expect(await patchesOf(handle)).toEqual([LOOPED]);
  expect(await misfits(handle)).toBe(0);
});
