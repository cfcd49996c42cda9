import type { Faults } from './fault.ts';
import { MAX_PAYLOAD_BYTES, MAX_PAYLOAD_DEPTH } from './limits.ts';
import { textFault } from './text.ts';

/** Whether a payload or a body is within its bounds, and can be stored as it is. If not, says where and why. */
export function isBoundedJson(value: unknown, path: PropertyKey[], faults: Faults): boolean {
  // Not by whether there are more faults than before: their list is bounded, and may be full.
  if (!isSound(value, [...path], 1, faults)) return false;
  // Characters are at most three bytes of UTF-8 each, so most payloads need no second look.
  const json = JSON.stringify(value);
  if (json.length * 3 > MAX_PAYLOAD_BYTES && Buffer.byteLength(json) > MAX_PAYLOAD_BYTES) {
    faults.add(path, `must have at most ${MAX_PAYLOAD_BYTES} bytes as JSON`);
    return false;
  }
  return true;
}

/** The path leads to the value; it is one list all the way, for there are as many values as paths. */
function isSound(value: unknown, path: PropertyKey[], depth: number, faults: Faults): boolean {
  const fault = faultOf(value, depth);
  if (fault) faults.add(path, fault);
  if (fault || typeof value !== 'object' || value === null) return !fault;
  let sound = true;
  for (const [key, child] of Object.entries(value)) {
    const ofKey = textFault(key);
    if (ofKey) faults.add(path, `has a key that ${ofKey}`);
    path.push(key);
    if (!isSound(child, path, depth + 1, faults) || ofKey) sound = false;
    path.pop();
  }
  return sound;
}

/** What is wrong with a value itself, whatever is in it. */
function faultOf(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return textFault(value);
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'must be a finite number';
  const isDeep = typeof value === 'object' && value !== null && depth > MAX_PAYLOAD_DEPTH;
  return isDeep ? `must have at most ${MAX_PAYLOAD_DEPTH} levels` : null;
}
