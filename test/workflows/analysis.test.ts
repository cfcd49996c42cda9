import { WorkflowNotFoundError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import type { AnalysisActivities } from '../../src/activities/index.ts';
import {
  ANALYSIS,
  type AnalysisPace,
  type AnalysisRead,
  type AnalysisRound,
  READ_AT_MOST,
} from '../../src/model/analysis-workflow.ts';
import { newId } from '../../src/model/id.ts';
import { type LifecycleStart, TASK_QUEUE } from '../../src/model/lifecycle.ts';
import { wakeAnalysis } from '../../src/temporal/wake-analysis.ts';
import { createTimeSkipping } from '../support/temporal.ts';

// What the workflow makes of what its activities answer, and when; only the time is skipped.

const PACE: AnalysisPace = { debounceMs: 10_000, intervalMs: 300_000 };
const READ: AnalysisRead = {
  read: 0,
  notUnderstood: 0,
  ignored: 0,
  undecided: 0,
  again: false,
  more: false,
  failed: [],
};
const SECOND = 1_000;

let environment: TestWorkflowEnvironment;
beforeAll(async () => {
  environment = await createTimeSkipping();
});
afterAll(() => environment.teardown());
afterEach(async () => {
  await handle()
    .terminate()
    .catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    });
});

const handle = () => environment.client.workflow.getHandle(ANALYSIS);
const wake = () => wakeAnalysis(environment.client);
const skip = (milliseconds: number) => environment.sleep(milliseconds);

function unchanged(read: Partial<AnalysisRead> = {}, pace = PACE): AnalysisRound {
  return { kind: 'unchanged', pace, ...READ, ...read };
}
function changed(read: Partial<AnalysisRead> = {}): AnalysisRound {
  const start = { sitrepId: newId(), digest: '00', parentId: null, creator: 'diagnosis', summary: '' };
  return { kind: 'changed', pace: PACE, start, ...READ, ...read };
}

/** Called so many seconds after the first analysis, to the next ten, for a step of its takes a while; and with so many undecided ones to be read again. */
interface Call {
  at: number;
  retry: number;
}

/** Runs `story` while analyses answer these rounds, one after the other, and the last of them ever after. */
async function withRounds(
  rounds: AnalysisRound[],
  story: (calls: Call[], handed: LifecycleStart[]) => Promise<void>,
  handOver: AnalysisActivities['handOver'] = async () => ({ kind: 'current', version: 7 }),
): Promise<void> {
  const calls: Call[] = [];
  const handed: LifecycleStart[] = [];
  let first: number | null = null;
  const activities: AnalysisActivities = {
    async analyse(nowMs, retry) {
      first ??= nowMs;
      calls.push({ at: 10 * Math.round((nowMs - first) / SECOND / 10), retry });
      return (rounds[Math.min(calls.length, rounds.length) - 1] ?? rounds.at(-1)) as AnalysisRound;
    },
    async handOver(start) {
      handed.push(start);
      return handOver(start);
    },
  };
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: inject('workflowBundle') },
    activities,
  });
  await worker.runUntil(() => story(calls, handed));
}

const timesOf = (calls: Call[]) => calls.map(({ at }) => at);

async function details(): Promise<string> {
  const metadata = await handle().query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails;
}

describe('an analysis', () => {
  test('is made when the workflow starts, then at the interval', async () => {
    await withRounds([unchanged()], async (calls) => {
      await wake();
      await skip(15 * 60 * SECOND);
      expect(timesOf(calls).slice(0, 3)).toEqual([0, 300, 600]);
      expect(await details()).toMatch(
        /^\*\*unchanged\*\*, at 20[\d-]+T[\d:.]+Z\n\n0 ereports were new\. No case has changed, so there is no new sitrep\.$/,
      );
    });
  });

  test('is one for a storm of wake-ups: it waits for the debounce, and no longer than that', async () => {
    await withRounds([unchanged()], async (calls) => {
      await wake();
      await skip(60 * SECOND);
      for (let n = 0; n < 20; n++) {
        await wake();
        await skip(SECOND / 4);
      }
      await skip(60 * SECOND);
      const [, storm, ...later] = timesOf(calls);
      expect(storm).toBeGreaterThanOrEqual(60);
      expect(storm).toBeLessThan(90);
      expect(later).toEqual([]);
    });
  });

  test('that is woken while another one is made follows it', async () => {
    await withRounds(
      [changed(), unchanged()],
      async (calls) => {
        await wake();
        await skip(60 * SECOND);
        expect(calls).toHaveLength(2);
      },
      async () => {
        await wake();
        return { kind: 'current', version: 1 };
      },
    );
  });

  test('is paced by what is configured, from the next one on', async () => {
    const slow = unchanged({}, { debounceMs: 0, intervalMs: 3_600 * SECOND });
    const fast = unchanged({}, { debounceMs: 0, intervalMs: 10 * SECOND });
    await withRounds([slow, fast], async (calls) => {
      await wake();
      await skip(60 * SECOND);
      expect(timesOf(calls)).toEqual([0]);
      await wake();
      await skip(25 * SECOND);
      const [, woken, ...next] = timesOf(calls);
      expect(next.slice(0, 2).map((at) => at - (woken as number))).toEqual([10, 20]);
    });
  });
});

describe('what has changed', () => {
  test('is handed over to a lifecycle, and the details say what became of it', async () => {
    const round = changed({ read: 3, notUnderstood: 1 });
    await withRounds([round, unchanged()], async (calls, handed) => {
      await wake();
      await skip(60 * SECOND);
      expect(handed).toEqual([round.kind === 'changed' && round.start]);
      expect(timesOf(calls)).toEqual([0]);
      expect(await details()).toContain(
        `3 ereports were new. No engine understood 1 of them. The sitrep ${handed[0]?.sitrepId} became current, version 7.`,
      );
    });
  });

  test('[I5] is made anew, at once, where another sitrep became current in its place', async () => {
    let lost = 2;
    await withRounds(
      [changed(), changed(), changed(), unchanged()],
      async (calls, handed) => {
        await wake();
        await skip(60 * SECOND);
        expect(timesOf(calls)).toEqual([0, 0, 0]);
        expect(handed).toHaveLength(3);
      },
      async () => (lost-- > 0 ? { kind: 'lost' } : { kind: 'current', version: 3 }),
    );
  });
});

test('what was refused for itself is not made anew at once, for the next may meet the same, but at the interval', async () => {
  await withRounds(
    [changed()],
    async (calls) => {
      await wake();
      await skip(60 * SECOND);
      expect(timesOf(calls)).toEqual([0]);
      expect(await details()).toContain('was refused (requestIdUsed)');
      await skip(300 * SECOND);
      expect(timesOf(calls)).toEqual([0, 300]);
    },
    async () => ({ kind: 'refused', because: 'requestIdUsed' }),
  );
});

test('what is more than one analysis reads is read at once', async () => {
  const more = changed({ read: READ_AT_MOST, more: true });
  await withRounds([more, more, unchanged({ read: 5 }), unchanged()], async (calls) => {
    await wake();
    await skip(60 * SECOND);
    expect(timesOf(calls)).toEqual([0, 0, 0]);
  });
});

test('with the analysis off, or no room for sitreps, it goes on looking, and says why there is none', async () => {
  const full: AnalysisRound = { kind: 'full', pace: PACE, sitreps: 2_500, limit: 2_500 };
  await withRounds([{ kind: 'off', pace: PACE }, full, changed(), unchanged()], async (calls, handed) => {
    await wake();
    await skip(60 * SECOND);
    expect(await details()).toContain('The configuration says that ereports are not analysed.');
    await skip(300 * SECOND);
    expect(await details()).toContain('There are 2500 sitreps, and no more than 2500 shall be made.');
    expect(handed).toEqual([]);
    await skip(300 * SECOND);
    expect(handed).toHaveLength(1);
    expect(timesOf(calls).slice(0, 3)).toEqual([0, 300, 600]);
  });
});

describe('[I46] undecided ereports', () => {
  const failed = [{ engine: 'fans', error: 'Error: it fails' }];
  const undecided = (read: number) => unchanged({ read, undecided: read, again: true, more: true, failed });
  const decided = (read: number) => unchanged({ read, again: true, more: true });

  test('are read again at the interval only, in ever smaller numbers as long as they stay undecided', async () => {
    const rounds = [
      unchanged(),
      undecided(9),
      unchanged(),
      undecided(5),
      unchanged(),
      undecided(3),
      unchanged(),
    ];
    await withRounds(rounds, async (calls) => {
      await wake();
      await skip(60 * SECOND);
      expect(calls).toHaveLength(1);
      await skip(1_000 * SECOND);
      expect(calls.filter(({ retry }) => retry > 0).map(({ retry }) => retry)).toEqual([
        READ_AT_MOST,
        READ_AT_MOST,
        5,
        3,
      ]);
      expect(calls.filter(({ retry }) => retry === 0)).toHaveLength(3);
    });
  });

  test('are read on at once when they were decided, and in larger numbers', async () => {
    await withRounds([undecided(9), unchanged(), decided(5), decided(10), unchanged()], async (calls) => {
      await wake();
      await skip(400 * SECOND);
      expect(calls.map(({ retry }) => retry)).toEqual([READ_AT_MOST, 0, 5, 10, 20]);
      expect(timesOf(calls).slice(2)).toEqual([300, 300, 300]);
    });
  });

  test('are named in the details, with the engine and why', async () => {
    await withRounds([undecided(9), unchanged({ failed })], async () => {
      await wake();
      await skip(60 * SECOND);
      expect(await details()).toContain('The engine `fans` failed: Error: it fails.');
    });
  });
});

test('[I31] it goes on as a new run before its history is long, and forgets nothing that it has to know', async () => {
  const slow = { ...PACE, intervalMs: 3_600 * SECOND };
  const first = unchanged({ read: 9, undecided: 9, again: true, more: true }, slow);
  const rounds = [first, ...Array(250).fill(unchanged({ more: true }, slow)), unchanged({}, slow)];
  await withRounds(rounds, async (calls) => {
    await wake();
    const { runId } = await handle().describe();
    await expect.poll(() => calls.length, { timeout: 60_000 }).toBe(252);
    expect((await handle().describe()).runId).not.toBe(runId);
    await skip(3_700 * SECOND);
    expect(calls.filter(({ retry }) => retry > 0)).toMatchObject([{ retry: READ_AT_MOST }, { retry: 5 }]);
  });
}, 120_000);
