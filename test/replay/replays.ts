import { type ReplayError, Worker } from '@temporalio/worker';
import type { DeterminismViolationError } from '@temporalio/workflow';
import { readHistory } from './histories.ts';

type Fault = ReplayError | DeterminismViolationError;

/** Where the spans of workflows that trace go here. */
const NOWHERE = { exporter: { export: { fn: () => {} } } };

/** Replays recorded histories on bundled workflows; what went wrong, by the name of the history. */
export async function replay(codePath: string, names: string[]): Promise<Map<string, Fault>> {
  const faults = new Map<string, Fault>();
  const options = { workflowBundle: { codePath }, sinks: NOWHERE };
  const results = Worker.runReplayHistories(options, histories(names));
  for await (const { workflowId: name, error } of results) if (error) faults.set(name, error);
  return faults;
}

async function* histories(names: string[]) {
  for (const name of names) yield { workflowId: name, history: await readHistory(name) };
}
