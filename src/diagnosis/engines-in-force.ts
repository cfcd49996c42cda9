import type { Configuration } from '../model/configuration.ts';
import type { Engine } from './engine.ts';
import { powerShelf } from './engines/power-shelf.ts';
import { THRESHOLD, thresholdEngine } from './engines/threshold.ts';

/** The engines in the order in which they run: Sitrep's own, one for each threshold rule, then those of the user. */
export function enginesInForce(
  { thresholdRules }: Pick<Configuration, 'thresholdRules'>,
  brought: readonly Engine[],
): Engine[] {
  return [powerShelf, ...thresholdRules.map(thresholdEngine), ...brought];
}

/** Why engines of the user cannot run beside those of Sitrep, whatever is configured; a sentence each. */
export function namesTaken(brought: readonly Engine[]): string[] {
  return brought
    .filter(({ name }) => name === powerShelf.name || name.startsWith(THRESHOLD))
    .map(({ name }) => `An engine named ${name} is Sitrep's own.`);
}
