import type pg from 'pg';
import type { Engine } from '../../src/diagnosis/engine.ts';
import { LIFECYCLE, type LifecycleInput, TASK_QUEUE, workflowIdOf } from '../../src/model/lifecycle.ts';
import { submit } from '../../src/store/submission.ts';
import { until } from '../e2e/local-stack.ts';
import { type Sent, submissionOf } from './document.ts';
import { lifecycleOf, live } from './lifecycles.ts';
import type { Handle } from './scripted-lifecycle.ts';
import { type Around, startWorkerAround, type WorkerAround } from './worker-around.ts';

/** How far a lifecycle has to have come, in numbers of what is in its history. */
export interface Progress {
  /** Completed. */
  activities?: number;
  /** Received. */
  signals?: number;
  /** To others, whether they were there or not. */
  signalsSent?: number;
}

type History = Awaited<ReturnType<Handle['fetchHistory']>>;

/** Longer than a machine pauses. */
const WAIT = 60_000;

/** Lifecycles by hand: on one database, with a worker that comes and goes as a test wants it. */
export class Stage {
  readonly pool: pg.Pool;
  readonly #servers: Pick<WorkerAround, 'temporal' | 'codePath'>;
  #worker: { stop(): Promise<void> } | null = null;

  constructor(servers: Pick<WorkerAround, 'temporal' | 'codePath'>, pool: pg.Pool) {
    this.#servers = servers;
    this.pool = pool;
  }

  get client() {
    return this.#servers.temporal.client;
  }

  /** Starts a worker, in place of the one that runs. */
  async work(
    environment: Record<string, string> = {},
    around: Around = {},
    engines: Engine[] = [],
  ): Promise<void> {
    await this.rest();
    const { temporal, codePath } = this.#servers;
    const { pool } = this;
    this.#worker = await startWorkerAround({ pool, temporal, codePath, environment, around, engines });
  }

  async rest(): Promise<void> {
    await this.#worker?.stop();
    this.#worker = null;
  }

  lifecycle(sitrepId: string): Handle {
    return lifecycleOf(this.client, sitrepId);
  }

  /** Submits, starts as the API does, and waits for the decision. */
  async live(sent: Sent): Promise<Handle> {
    const [handle] = await live(this.pool, this.client, sent);
    return handle;
  }

  /** Submits and starts, and doesn't ask for the decision: there may be no worker yet. */
  async begin(sent: Sent): Promise<Handle> {
    const submission = submissionOf(sent);
    await submit(this.pool, submission);
    return this.start({ sitrepId: sent.id, digest: submission.digest });
  }

  async start(input: LifecycleInput): Promise<Handle> {
    await this.client.workflow.start(LIFECYCLE, {
      workflowId: workflowIdOf(input.sitrepId),
      taskQueue: TASK_QUEUE,
      args: [input],
    });
    return this.lifecycle(input.sitrepId);
  }

  /** Waits until the lifecycle has come that far, and waits itself. */
  async waits(handle: Handle, progress: Progress = {}): Promise<Handle> {
    await until(
      `${handle.workflowId} waits after ${JSON.stringify(progress)}`,
      async () => isWaiting(await handle.fetchHistory(), progress),
      WAIT,
    );
    return handle;
  }
}

function isWaiting({ events }: History, { activities = 0, signals = 0, signalsSent = 0 }: Progress): boolean {
  const all = events ?? [];
  const count = (isOne: (event: (typeof all)[number]) => unknown) => all.filter(isOne).length;
  const scheduled = count((event) => event.workflowTaskScheduledEventAttributes);
  const taken = count(
    (event) =>
      event.workflowTaskCompletedEventAttributes ??
      event.workflowTaskFailedEventAttributes ??
      event.workflowTaskTimedOutEventAttributes,
  );
  return (
    scheduled === taken &&
    count((event) => event.activityTaskCompletedEventAttributes) >= activities &&
    count((event) => event.workflowExecutionSignaledEventAttributes) >= signals &&
    count(
      (event) =>
        event.externalWorkflowExecutionSignaledEventAttributes ??
        event.signalExternalWorkflowExecutionFailedEventAttributes,
    ) >= signalsSent
  );
}
