import type { Client, WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { inject } from 'vitest';
import type { LifecycleActivities } from '../../src/activities/index.ts';
import { newId } from '../../src/model/id.ts';
import {
  DECISION_UPDATE,
  type Decision,
  LIFECYCLE,
  type LifecycleResult,
  TASK_QUEUE,
  workflowIdOf,
} from '../../src/model/lifecycle.ts';

export type Handle = WorkflowHandle<() => Promise<LifecycleResult>>;

/** What a test wants its activities to answer; each call is written down. */
export function script(overrides: Partial<LifecycleActivities> = {}) {
  const calls: string[] = [];
  const answers: LifecycleActivities = {
    insertSitrep: async () => ({ kind: 'inserted', parentId: null }),
    makeCurrent: async () => ({ kind: 'current', version: 1, isHead: true, releasedIds: [] }),
    rendezvous: async () => ({ kind: 'met', examined: 1, created: 1 }),
    discardSubmission: async () => {},
    collectSitrep: async () => 'collected',
    ...overrides,
  };
  const activities = Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => [
      name,
      (...input: unknown[]) => {
        calls.push(name);
        return (answer as (...input: unknown[]) => unknown)(...input);
      },
    ]),
  );
  return { activities, calls };
}

/** Runs `test` while a worker with these activities is at work. */
export async function withWorker<T>(
  environment: TestWorkflowEnvironment,
  activities: object,
  test: () => Promise<T>,
): Promise<T> {
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: inject('workflowBundle') },
    activities,
  });
  return worker.runUntil(test);
}

export function startLifecycle(client: Client, sitrepId = newId()): Promise<Handle> {
  return client.workflow.start<() => Promise<LifecycleResult>>(LIFECYCLE, {
    workflowId: workflowIdOf(sitrepId),
    taskQueue: TASK_QUEUE,
    args: [{ sitrepId, digest: '00' }] as never,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    workflowIdConflictPolicy: 'FAIL',
  });
}

export function decision(handle: Handle): Promise<Decision> {
  return handle.executeUpdate<Decision, []>(DECISION_UPDATE);
}

/** A promise that the test resolves, so that an activity waits for it. */
export function gate<T = void>(): { opened: Promise<T>; open: (value: T) => void } {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { opened: promise, open: resolve };
}
