import type { Faults } from './fault.ts';
import { MAX_PAYLOAD_BYTES, MAX_PAYLOAD_DEPTH } from './limits.ts';
import { textFault } from './text.ts';

/** Whether a payload or a body is within its bounds, and can be stored as it is. If not, says where and why. */
export function isBoundedJson(value: unknown, path: PropertyKey[], faults: Faults): boolean {
  const before = faults.list.length;
  checkValue(value, path, 1, faults);
  if (faults.list.length > before) return false;
  // Characters are at most three bytes of UTF-8 each, so most payloads need no second look.
  const json = JSON.stringify(value);
  if (json.length * 3 > MAX_PAYLOAD_BYTES && Buffer.byteLength(json) > MAX_PAYLOAD_BYTES) {
    faults.add(path, `must have at most ${MAX_PAYLOAD_BYTES} bytes as JSON`);
    return false;
  }
  return true;
}

function checkValue(value: unknown, path: PropertyKey[], depth: number, faults: Faults): void {
  if (typeof value === 'string') {
    const fault = textFault(value);
    if (fault) faults.add(path, fault);
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) faults.add(path, 'must be a finite number');
  } else if (typeof value === 'object' && value !== null) {
    if (depth > MAX_PAYLOAD_DEPTH) {
      faults.add(path, `must have at most ${MAX_PAYLOAD_DEPTH} levels`);
      return;
    }
    for (const [key, child] of Object.entries(value)) {
      const fault = textFault(key);
      if (fault) faults.add(path, `has a key that ${fault}`);
      checkValue(child, [...path, key], depth + 1, faults);
    }
  }
}
