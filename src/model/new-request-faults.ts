import { alertClass } from './alert-class.ts';
import { type Fault, Faults } from './fault.ts';
import type { AlertRequest } from './sitrep.ts';

/**
 * What is wrong with what a document's new requests ask for. A carried one is not asked: it keeps what it says, and its
 * class may have gone with the engine that brought it, or take another payload by now.
 */
export function newRequestFaults(
  cases: readonly { alertRequests: readonly AlertRequest[] }[],
  isCarried: (request: AlertRequest) => boolean,
): Fault[] {
  const faults = new Faults();
  for (const [c, { alertRequests }] of cases.entries()) {
    for (const [r, request] of alertRequests.entries()) {
      if (!isCarried(request)) check(request, ['cases', c, 'alertRequests', r], faults);
    }
  }
  return faults.list;
}

function check(request: AlertRequest, path: PropertyKey[], faults: Faults): void {
  const known = alertClass(request.class);
  if (!known) {
    faults.add([...path, 'class'], `is not a known alert class: ${request.class.slice(0, 100)}`);
    return;
  }
  if (known.own) {
    faults.add([...path, 'class'], 'is a class whose alerts only Sitrep itself makes');
    return;
  }
  const schema = known.versions[request.version];
  if (schema) faults.check(schema, request.payload, [...path, 'payload']);
  else faults.add([...path, 'version'], `is not a known version of ${request.class}`);
}
