import type { CaseDocument } from '../model/sitrep.ts';
import { Analysis, type EngineResult, type Surroundings } from './analysis.ts';
import { classMatcher } from './class-matcher.ts';
import type { Engine } from './engine.ts';
import type { Ereport } from './ereport.ts';
import { inWords } from './in-words.ts';

/** What came of an engine. */
export interface Ran {
  engine: Engine;
  result: EngineResult;
  /** Why it failed, and the result is that it did nothing; null when all is well. */
  error: string | null;
}

/**
 * Runs one engine over its own cases. If it throws, its result is that of an engine that did nothing: half of a
 * diagnosis is worth less than the last whole one.
 */
export function runEngine(
  engine: Engine,
  cases: readonly CaseDocument[],
  newEreports: readonly Ereport[],
  surroundings: Surroundings,
): Ran {
  const reads = classMatcher(engine.classes);
  const read = newEreports.filter((ereport) => ereport.class !== null && reads(ereport.class));
  const start = () => new Analysis(engine.name, cases, read, surroundings);
  const analysis = start();
  try {
    refusePromise(engine.analyze(analysis));
    return { engine, result: analysis.result, error: null };
  } catch (error) {
    return { engine, result: start().result, error: inWords(error) };
  }
}

/** The type says void, which lets an async function pass: what that does after the first await would be lost. */
function refusePromise(returned: unknown): void {
  if (!(returned instanceof Promise)) return;
  // Nobody will await it; its rejection must not end the process.
  returned.catch(() => {});
  throw new Error('analyze returned a promise; an engine must not wait for anything.');
}
