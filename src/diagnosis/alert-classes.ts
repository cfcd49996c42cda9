import { type AlertClass, alertClass } from '../model/alert-class.ts';
import type { Engine } from './engine.ts';

export type AlertClassLookup = (name: string) => AlertClass | undefined;

/** The alert classes that Sitrep has, and those that these engines bring along. */
export function alertClassesWith(engines: readonly Engine[]): AlertClassLookup {
  const brought = new Map(engines.flatMap(({ alertClasses }) => Object.entries(alertClasses ?? {})));
  return (name) => alertClass(name) ?? brought.get(name);
}

/** Names of alert classes that an engine brings, and that Sitrep or an engine before it has in another form. */
export function clashingClasses(engines: readonly Engine[]): { engine: string; alertClass: string }[] {
  return engines.flatMap(({ name: engine, alertClasses }, index) => {
    const classOf = alertClassesWith(engines.slice(0, index));
    return Object.entries(alertClasses ?? {})
      .filter(([name, own]) => !isSame(classOf(name) ?? own, own))
      .map(([name]) => ({ engine, alertClass: name }));
  });
}

/** Two engines of one module bring the same schemas. */
function isSame(a: AlertClass, b: AlertClass): boolean {
  const versions = new Set([...Object.keys(a.versions), ...Object.keys(b.versions)].map(Number));
  return [...versions].every((version) => a.versions[version] === b.versions[version]);
}
