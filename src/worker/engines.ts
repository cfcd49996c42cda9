import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Engine } from '../diagnosis/engine.ts';
import { EngineModuleError, engineOf } from '../diagnosis/engine-module.ts';
import { engineSetFaults } from '../diagnosis/engine-set.ts';
import { namesTaken } from '../diagnosis/engines-in-force.ts';
import { bringAlertClasses } from '../model/alert-class.ts';
import { inTime } from './engine-in-time.ts';

/** Engines of the user that cannot be used. Says which module is to blame, and what is wrong with it. */
export class EnginesError extends Error {
  override readonly name = 'EnginesError';
}

/**
 * What all engines of the user may take in one analysis. Nothing else in the process is heard meanwhile: a delivery that
 * is answered would be recorded as timed out, and an activity that lives be taken for dead, both after 10 s.
 */
export const TOGETHER_MS = 5_000;

/**
 * Loads the engines of the user from the paths of their modules, and makes their alert classes known in this process.
 * Workers run them, each for its share of `togetherMs` at most; APIs need the classes.
 */
export async function loadEngines(paths: readonly string[], togetherMs = TOGETHER_MS): Promise<Engine[]> {
  const engines: Engine[] = [];
  for (const path of paths) engines.push(await loadEngine(path));
  const faults = [...namesTaken(engines), ...engineSetFaults(engines)];
  if (faults.length > 0) throw new EnginesError(faults.join(' '));
  for (const { alertClasses } of engines) bringAlertClasses(alertClasses ?? {});
  return engines.map((engine) => inTime(engine, Math.ceil(togetherMs / engines.length)));
}

async function loadEngine(path: string): Promise<Engine> {
  let module: unknown;
  try {
    module = await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new EnginesError(`The engine module ${path} cannot be loaded: ${why}`, { cause: error });
  }
  try {
    return engineOf(path, module);
  } catch (error) {
    if (error instanceof EngineModuleError) throw new EnginesError(error.message, { cause: error });
    throw error;
  }
}
