import { expect } from 'vitest';
import { LIFECYCLE, TASK_QUEUE, TEND, workflowIdOf } from '../../../src/model/lifecycle.ts';
import { submit } from '../../../src/store/submission.ts';
import { until } from '../../e2e/local-stack.ts';
import { commit, insert } from '../../support/commit.ts';
import { aCase, aChildOf, aRequest, aSitrep, type Sent, submissionOf } from '../../support/document.ts';
import { lifecycleState } from './end-state.ts';
import type { World } from './world.ts';

/** Whatever dies meanwhile. */
const PATIENCE = 200_000;

/** A worker that stands still still takes tasks, as many as it had asked for; by default each is lost for ten seconds. */
export const TASK_TIMEOUT = '2s';

/** More than two chunks of a rendezvous. */
const MANY = 4_500;

/** A chain of sitreps that goes through every step that there is. All worlds tell it with the same ids. */
const first = aSitrep({}, 2);
const large = aChildOf(first, { cases: [...first.cases, ...aSitrep({}, MANY).cases] });
const orphan = aChildOf(first, { cases: [...first.cases, aCase({ alertRequests: [aRequest()] })] });
const refused = aChildOf(first);
const small = aChildOf(large, { cases: first.cases });
const LIVES = { first, large, orphan, refused, small };

/** Two versions are kept, and orphans have no grace: see the settings of `World`. */
export const lives = {
  sitrepIds: Object.values(LIVES).map(({ id }) => id),
  of: LIVES,

  async tell(world: World): Promise<void> {
    await becomeCurrent(world, first);
    await layDown(world, refused);
    await becomeCurrent(world, large);
    await submitted(world, orphan);
    await untilLifecycle(world, orphan, 'COMPLETED, collected');
    await becomeCurrent(world, small);
    // Its parent is no longer in history.
    await start(world, refused);
    await untilLifecycle(world, refused, 'FAILED, refused');
    // Whoever was killed in the moment of a commit has not signalled those that it released.
    await tend(world);
    await untilLifecycle(world, first, 'COMPLETED, collected');
    await untilLifecycle(world, large, 'RUNNING, superseded');
  },
};

const oldest = aSitrep({}, 3);
const old = aChildOf(oldest);
const bare = aChildOf(old, { cases: [] });
const unmet = aChildOf(bare, { cases: aSitrep({}, MANY).cases });
const undecided = aChildOf(unmet);
const leftOver = [aChildOf(unmet), aChildOf(unmet)];

/** Lifecycles that were signalled by nobody, and everything else that `tend` is there for. */
export const tended = {
  sitrepIds: [oldest, old, bare, unmet, undecided].map(({ id }) => id),

  async tell(world: World): Promise<void> {
    for (const sent of [oldest, old, bare]) await becomeCurrent(world, sent);
    await untilLifecycle(world, oldest, 'COMPLETED, collected');
    await commit(world.db.pool, unmet);
    await insert(world.db.pool, undecided);
    for (const sent of leftOver) await layDown(world, sent);
    await world.db.pool.query(`UPDATE sitrep_submission SET time_submitted = now() - interval '2 hours'`);
    await tend(world);
    await untilLifecycle(world, old, 'COMPLETED, collected');
    await untilLifecycle(world, bare, 'RUNNING, superseded');
  },
};

async function becomeCurrent(world: World, sent: Sent): Promise<void> {
  await submitted(world, sent);
  const reconciled = async () => {
    const { rows } = await world.db.pool.query(
      `SELECT FROM fm_sitrep_head h
         JOIN fm_rendezvous_progress p ON p.kind = 'alert' AND p.generation = h.alert_generation
        WHERE h.sitrep_id = $1`,
      [sent.id],
    );
    return rows.length === 1;
  };
  await until(`${sent.id} is reconciled`, reconciled, PATIENCE);
  await untilLifecycle(world, sent, 'RUNNING, current');
}

export async function submitted(world: World, sent: Sent): Promise<void> {
  await layDown(world, sent);
  await start(world, sent);
}

async function layDown({ db }: World, sent: Sent): Promise<void> {
  expect(await submit(db.pool, submissionOf(sent))).toEqual({ kind: 'submitted' });
}

/** Without asking for the decision: a question may get lost with the worker that was to answer it. */
async function start({ temporal }: World, sent: Sent): Promise<void> {
  await temporal.client.workflow.start(LIFECYCLE, {
    workflowId: workflowIdOf(sent.id),
    taskQueue: TASK_QUEUE,
    args: [{ sitrepId: sent.id, digest: submissionOf(sent).digest }],
    workflowTaskTimeout: TASK_TIMEOUT,
  });
}

async function tend({ temporal }: World): Promise<void> {
  await temporal.client.workflow.execute(TEND, {
    workflowId: TEND,
    taskQueue: TASK_QUEUE,
    args: [{ dryRun: false }],
    workflowTaskTimeout: TASK_TIMEOUT,
  });
}

function untilLifecycle({ temporal }: World, { id }: Sent, state: string): Promise<void> {
  const reached = async () => (await lifecycleState(temporal.client, id)) === state;
  return until(`the lifecycle of ${id} is ${state}`, reached, PATIENCE);
}
