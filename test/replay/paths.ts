import { ApplicationFailure, type WorkflowHandle } from '@temporalio/client';
import removed from '../../examples/ereports/psu-remove.json' with { type: 'json' };
import type { Engine } from '../../src/diagnosis/engine.ts';
import { ANALYSIS } from '../../src/model/analysis-workflow.ts';
import { newId } from '../../src/model/id.ts';
import { RELEASED_SIGNAL, SUPERSEDED_SIGNAL, TASK_QUEUE, TEND } from '../../src/model/lifecycle.ts';
import { REDIAGNOSE } from '../../src/model/rediagnosis.ts';
import { writeEreports } from '../../src/store/ereport.ts';
import { pruneHistory } from '../../src/store/history-prune.ts';
import { deleteSitreps } from '../../src/store/sitrep-delete.ts';
import { wakeAnalysis } from '../../src/temporal/wake-analysis.ts';
import { until } from '../e2e/local-stack.ts';
import { commit, countRows } from '../support/commit.ts';
import { configure } from '../support/configuration.ts';
import { aChildOf, aSitrep, requestIds, submissionOf } from '../support/document.ts';
import { anEreport, taken } from '../support/ereports.ts';
import { decision, type Handle } from '../support/scripted-lifecycle.ts';
import type { Stage } from '../support/stage.ts';

/** Goes a way through a workflow, and returns the one whose history shows it: ended, or waiting. */
export type Path = (stage: Stage) => Promise<WorkflowHandle>;

const KEEP_ONE = { SITREP_KEEP_VERSIONS: '1' };
const NO_GRACE = { SITREP_ORPHAN_GRACE_SECONDS: '0' };
const SHORT_GRACE = { SITREP_ORPHAN_GRACE_SECONDS: '1' };

/**
 * Every path through the code of the workflows, by the name of the file that holds its history. A branch that
 * is added there gets a path here.
 */
export const PATHS: Record<string, Path> = {
  async 'current-superseded-released-collected'(stage) {
    await stage.work({ SITREP_KEEP_VERSIONS: '2' });
    const first = aSitrep();
    const second = aChildOf(first);
    const handle = await stage.live(first);
    await stage.live(second);
    await stage.waits(handle, { signals: 1 });
    await stage.live(aChildOf(second));
    return ended(handle);
  },

  async 'current-waits'(stage) {
    await stage.work();
    const handle = await stage.live(aSitrep());
    return stage.waits(handle, { activities: 3 });
  },

  async 'signals-parent-and-released'(stage) {
    await stage.work({ SITREP_KEEP_VERSIONS: '2' });
    const [first, second] = await aPair(stage);
    const handle = await stage.live(aChildOf(second));
    await ended(stage.lifecycle(first.id));
    return stage.waits(handle, { activities: 3, signalsSent: 2 });
  },

  async 'signals-who-is-gone'(stage) {
    await stage.work(KEEP_ONE);
    const first = aSitrep();
    await (await stage.live(first)).terminate();
    const handle = await stage.live(aChildOf(first));
    return stage.waits(handle, { activities: 3, signalsSent: 2 });
  },

  async 'started-without-question'(stage) {
    await stage.work();
    const handle = await stage.begin(aSitrep());
    return stage.waits(handle, { activities: 3 });
  },

  async 'asked-thrice'(stage) {
    const sent = aSitrep();
    const handle = await stage.begin(sent);
    const early = [decision(handle), decision(handle)];
    await stage.work();
    await Promise.all(early);
    await stage.waits(handle, { activities: 3 });
    await decision(handle);
    return stage.waits(handle);
  },

  async 'released-without-being-superseded'(stage) {
    await stage.work();
    const first = aSitrep();
    const handle = await stage.live(first);
    await stage.waits(handle, { activities: 3 });
    await commit(stage.pool, aChildOf(first), 1);
    await handle.signal(RELEASED_SIGNAL);
    return ended(handle);
  },

  async 'released-too-early-kept'(stage) {
    await stage.work(KEEP_ONE);
    const first = aSitrep();
    const handle = await stage.live(first);
    await handle.signal(RELEASED_SIGNAL);
    await stage.waits(handle, { activities: 4 });
    await stage.live(aChildOf(first));
    return ended(handle);
  },

  async 'signalled-early-and-twice'(stage) {
    const first = aSitrep();
    const handle = await stage.begin(first);
    for (const name of [RELEASED_SIGNAL, SUPERSEDED_SIGNAL, SUPERSEDED_SIGNAL]) await handle.signal(name);
    await stage.work(KEEP_ONE);
    await stage.waits(handle, { activities: 4 });
    await stage.live(aChildOf(first));
    return ended(handle);
  },

  async 'signalled-with-a-name-that-nobody-knows'(stage) {
    await stage.work();
    const handle = await stage.live(aSitrep());
    await handle.signal('nobody knows this');
    return stage.waits(handle, { activities: 3, signals: 1 });
  },

  async 'stale-rendezvous'(stage) {
    const first = aSitrep();
    await stage.work(
      {},
      {
        async rendezvous(act, id) {
          await commit(stage.pool, aChildOf(first), 1);
          return act(id);
        },
      },
    );
    const handle = await stage.live(first);
    await stage.waits(handle, { activities: 3 });
    await handle.signal(SUPERSEDED_SIGNAL);
    await stage.waits(handle, { signals: 1 });
    await handle.signal(RELEASED_SIGNAL);
    return ended(handle);
  },

  async 'orphaned-collected'(stage) {
    await stage.work(SHORT_GRACE);
    const [first] = await aPair(stage);
    return ended(await stage.live(aChildOf(first)));
  },

  async 'orphaned-in-grace'(stage) {
    await stage.work();
    const [first] = await aPair(stage);
    return stage.waits(await stage.live(aChildOf(first)), { activities: 2 });
  },

  async 'orphaned-without-grace'(stage) {
    await stage.work(NO_GRACE);
    const [first] = await aPair(stage);
    return ended(await stage.live(aChildOf(first)));
  },

  /** It can't be; what the workflow then does is code all the same. */
  async 'orphaned-found-in-history'(stage) {
    await stage.work(NO_GRACE, { collectSitrep: async () => 'kept' });
    const [first] = await aPair(stage);
    return ended(await stage.live(aChildOf(first)));
  },

  async 'refused-parent-not-current'(stage) {
    await stage.work();
    const first = aSitrep();
    await stage.live(first);
    await stage.rest();
    const handle = await stage.begin(aChildOf(first));
    await commit(stage.pool, aChildOf(first), 1);
    await stage.work();
    return ended(handle);
  },

  async 'refused-while-somebody-asks'(stage) {
    await stage.work();
    const handle = await stage.start({ sitrepId: newId(), digest: '00'.repeat(32) });
    await decision(handle);
    return ended(handle);
  },

  async 'refused-submission-gone'(stage) {
    await stage.work();
    return ended(await stage.start({ sitrepId: newId(), digest: '00'.repeat(32) }));
  },

  async 'refused-sitrep-id-reused'(stage) {
    await stage.work();
    const first = aSitrep();
    await (await stage.live(first)).terminate();
    const { digest } = submissionOf({ ...first, comment: 'another' });
    return ended(await stage.start({ sitrepId: first.id, digest }));
  },

  async 'refused-request-id-used'(stage) {
    const first = aSitrep();
    const handle = await stage.begin(first);
    await stage.pool.query('INSERT INTO rendezvous_alert_created (alert_id, sitrep_id) VALUES ($1, $2)', [
      requestIds(first)[0],
      newId(),
    ]);
    await stage.work();
    return ended(handle);
  },

  /** The API finds these faults first, so that an insert never does. */
  async 'refused-invalid'(stage) {
    const faults = [{ pointer: '/cases/0/closed', detail: 'a case once closed stays closed' }];
    await stage.work(
      {},
      { insertSitrep: async () => ({ kind: 'refused', refusal: { kind: 'invalid', faults } }) },
    );
    return ended(await stage.begin(aSitrep()));
  },

  async 'refused-sitrep-gone'(stage) {
    await stage.work();
    const first = aSitrep();
    await stage.live(first);
    await stage.work(
      {},
      {
        async makeCurrent(act, id, parentId) {
          await deleteSitreps(stage.pool, [{ id, lifecycleOpen: false }]);
          return act(id, parentId);
        },
      },
    );
    return ended(await stage.begin(aChildOf(first)));
  },

  async 'run-again-after-terminated-as-head'(stage) {
    await stage.work(KEEP_ONE);
    const first = aSitrep();
    const before = await stage.live(first);
    await stage.waits(before, { activities: 3 });
    await before.terminate();
    const handle = await stage.live(first);
    await stage.waits(handle, { activities: 3 });
    await stage.live(aChildOf(first));
    return ended(handle);
  },

  async 'run-again-superseded'(stage) {
    await stage.work({ SITREP_KEEP_VERSIONS: '2' });
    const [first, second] = await aPair(stage);
    await stage.lifecycle(first.id).terminate();
    const handle = await stage.live(first);
    await stage.live(aChildOf(second));
    return ended(handle);
  },

  async 'run-again-released'(stage) {
    await stage.work();
    const [first] = await aPair(stage);
    await stage.lifecycle(first.id).terminate();
    await pruneHistory(stage.pool, 1, 10);
    return ended(await stage.live(first));
  },

  async 'run-again-orphaned'(stage) {
    await stage.work();
    const [first] = await aPair(stage);
    const orphan = aChildOf(first);
    await (await stage.live(orphan)).terminate();
    await stage.work(SHORT_GRACE);
    return ended(await stage.live(orphan));
  },

  async 'terminated-as-head'(stage) {
    await stage.work();
    const handle = await stage.live(aSitrep());
    await stage.waits(handle, { activities: 3 });
    await handle.terminate();
    return ended(handle);
  },

  async 'cancelled-as-head'(stage) {
    await stage.work();
    const handle = await stage.live(aSitrep());
    await stage.waits(handle, { activities: 3 });
    await handle.cancel();
    return ended(handle);
  },

  async 'cancelled-before-insert'(stage) {
    const handle = await stage.begin(aSitrep());
    await handle.cancel();
    await stage.work();
    return ended(handle);
  },

  async 'cancelled-while-made-current'(stage) {
    await stage.work();
    const [, second] = await aPair(stage);
    await stage.work(
      {},
      {
        async makeCurrent(act, id, parentId) {
          await stage.lifecycle(id).cancel();
          return act(id, parentId);
        },
      },
    );
    return ended(await stage.begin(aChildOf(second)));
  },

  async 'cancelled-in-grace'(stage) {
    await stage.work();
    const [first] = await aPair(stage);
    const handle = await stage.live(aChildOf(first));
    await handle.cancel();
    return ended(handle);
  },

  async 'activity-retried'(stage) {
    const failures = { insertSitrep: 2, makeCurrent: 1, rendezvous: 1, collectSitrep: 1 };
    const flaky =
      (name: keyof typeof failures) =>
      async <Input extends unknown[]>(act: (...input: Input) => Promise<unknown>, ...input: Input) => {
        if (failures[name]-- > 0) throw ApplicationFailure.create({ message: 'the database is away' });
        return act(...input);
      };
    await stage.work(KEEP_ONE, {
      insertSitrep: flaky('insertSitrep'),
      makeCurrent: flaky('makeCurrent'),
      rendezvous: flaky('rendezvous'),
      collectSitrep: flaky('collectSitrep'),
    });
    const first = aSitrep();
    const handle = await stage.live(first);
    await stage.live(aChildOf(first));
    return ended(handle);
  },

  async 'worker-replaced'(stage) {
    await stage.work(KEEP_ONE);
    const first = aSitrep();
    const handle = await stage.live(first);
    await stage.waits(handle, { activities: 3 });
    await stage.work(KEEP_ONE);
    await stage.live(aChildOf(first));
    return ended(handle);
  },

  // Recorded before there was an audit log to sweep.
  tend: (stage) => tended(stage, false),
  'tend-dry-run': (stage) => tended(stage, true),
  'tend-forgets': (stage) => tended(stage, false),

  async 'analysis-changed-then-unchanged'(stage) {
    await stage.work();
    await writeEreports(stage.pool, [taken(removed)]);
    const handle = await stage.waits(await analysed(stage), { activities: 2 });
    await wakeAnalysis(stage.client);
    return stage.waits(handle, { activities: 3 });
  },

  async 'analysis-lost-and-again'(stage) {
    await stage.work({}, { handOver: async () => ({ kind: 'lost' }) });
    await writeEreports(stage.pool, [taken(removed)]);
    const handle = await analysed(stage);
    await until('two were lost', async () => (await countRows(stage.pool, 'fm_analysis')) >= 2, 60_000);
    await configure(stage.pool, { analysisEnabled: false });
    return stage.waits(handle, { activities: 5 });
  },

  async 'analysis-off'(stage) {
    await stage.work();
    await configure(stage.pool, { analysisEnabled: false });
    return stage.waits(await analysed(stage), { activities: 1 });
  },

  async 'analysis-full'(stage) {
    await stage.work();
    await configure(stage.pool, { sitrepLimit: 2, keepVersions: 1 });
    await aPair(stage);
    return stage.waits(await analysed(stage), { activities: 1 });
  },

  async 'analysis-at-its-interval'(stage) {
    await stage.work();
    await configure(stage.pool, { analysisIntervalSeconds: 1 });
    return stage.waits(await analysed(stage), { activities: 3 });
  },

  async 'analysis-undecided-read-again'(stage) {
    const failing: Engine = {
      name: 'failing',
      classes: ['hw.**'],
      analyze: () => {
        throw new Error('It fails.');
      },
    };
    await stage.work({}, {}, [failing]);
    await configure(stage.pool, { analysisIntervalSeconds: 1 });
    await writeEreports(stage.pool, [taken(anEreport({ class: 'hw.unheard_of' }))]);
    return stage.waits(await analysed(stage), { activities: 4 });
  },

  async rediagnosed(stage) {
    await stage.work();
    await stage.live(aSitrep());
    const handle = await stage.client.workflow.start(REDIAGNOSE, {
      workflowId: `${REDIAGNOSE}:${newId()}`,
      taskQueue: TASK_QUEUE,
      args: [{ from: 1, limit: 10 }],
    });
    return ended(handle);
  },
};

/** A new run of the analysis, whatever the paths before have left running. */
async function analysed({ client }: Stage): Promise<Handle> {
  await client.workflow
    .getHandle(ANALYSIS)
    .terminate()
    .catch(() => {});
  await wakeAnalysis(client);
  return client.workflow.getHandle(ANALYSIS);
}

/** The head and its predecessor, both with their lifecycles. */
async function aPair(stage: Stage) {
  const first = aSitrep();
  const second = aChildOf(first);
  for (const sent of [first, second]) await stage.live(sent);
  return [first, second] as const;
}

async function tended(stage: Stage, dryRun: boolean): Promise<WorkflowHandle> {
  await stage.work();
  const [first] = await aPair(stage);
  await stage.lifecycle(first.id).terminate();
  await pruneHistory(stage.pool, 1, 10);
  const handle = await stage.client.workflow.start(TEND, {
    workflowId: `${TEND}:${newId()}`,
    taskQueue: TASK_QUEUE,
    args: [{ dryRun }],
  });
  return ended(handle);
}

/** Waits for the end, whatever it is. */
async function ended<Ended extends WorkflowHandle>(handle: Ended): Promise<Ended> {
  await handle.result().catch(() => {});
  return handle;
}
