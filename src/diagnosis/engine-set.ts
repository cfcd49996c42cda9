import { clashingClasses } from './alert-classes.ts';
import type { Engine } from './engine.ts';

/** Why these engines cannot run together, a sentence each. To be asked when the configuration is written. */
export function engineSetFaults(engines: readonly Engine[]): string[] {
  const names = engines.map(({ name }) => name);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [
    ...[...twice].map((name) => `Two engines have the name ${name}.`),
    ...clashingClasses(engines).map(
      ({ engine, alertClass }) =>
        `The engine ${engine} brings the alert class ${alertClass}, which is there already.`,
    ),
  ];
}
