import { expect, test } from 'vitest';
import { logLine } from '../../src/worker/log-line.ts';

test('a line of an activity names the sitrep and the run, and gives nobody the token of its task', () => {
  const meta = { taskToken: 'AbCd', workflowId: 'sitrep:01a2', workflowRunId: '4711', attempt: 2 };
  expect(logLine(meta)).toEqual({ workflowId: 'sitrep:01a2', runId: '4711', sitrepId: '01a2', attempt: 2 });
});

test("nor does a line of the SDK's core", () => {
  expect(logLine({ task_token: 'TaskToken(AbCd)', run_id: '4711' })).toEqual({ runId: '4711' });
});

test('a line of another workflow names no sitrep', () => {
  expect(logLine({ workflowId: 'tend', runId: '4711' })).toEqual({ workflowId: 'tend', runId: '4711' });
  expect(logLine()).toEqual({});
});
