import type { Faults } from './fault.ts';
import { MAX_PAYLOAD_BYTES, MAX_PAYLOAD_DEPTH } from './limits.ts';
import { textFault } from './text.ts';

/** Whether a payload or a body is within its bounds, and can be stored as it is. If not, says where and why. */
export function isBoundedJson(value: unknown, path: PropertyKey[], faults: Faults): boolean {
  if (mostBytes(value, 1) <= MAX_PAYLOAD_BYTES) return true;
  // Not by whether there are more faults than before: their list is bounded, and may be full.
  if (!isSound(value, path, 1, faults)) return false;
  if (Buffer.byteLength(JSON.stringify(value)) > MAX_PAYLOAD_BYTES) {
    faults.add(path, `must have at most ${MAX_PAYLOAD_BYTES} bytes as JSON`);
    return false;
  }
  return true;
}

/** A character takes so many bytes at most, escaped: `\u0001`. */
const CHARACTER = 6;
/** Any value that is neither a text nor has others in it. */
const SCALAR = 25;
/** What stands around a value: quotes, brackets, a colon, a comma. */
const AROUND = 4;

/**
 * How many bytes it has as JSON at most; infinitely many if something in it is wrong. Nearly all pass by this quick look,
 * which makes nothing that would have to be cleared away: a storm brings many small ones.
 */
function mostBytes(value: unknown, depth: number): number {
  if (faultOf(value, depth)) return Number.POSITIVE_INFINITY;
  if (typeof value === 'string') return CHARACTER * value.length + AROUND;
  if (typeof value !== 'object' || value === null) return SCALAR + AROUND;
  let bytes = AROUND;
  for (const key in value) {
    if (textFault(key)) return Number.POSITIVE_INFINITY;
    bytes += CHARACTER * key.length + AROUND + mostBytes(Reflect.get(value, key), depth + 1);
  }
  return bytes;
}

function isSound(value: unknown, path: PropertyKey[], depth: number, faults: Faults): boolean {
  const fault = faultOf(value, depth);
  if (fault) faults.add(path, fault);
  if (fault || typeof value !== 'object' || value === null) return !fault;
  let sound = true;
  for (const [key, child] of Object.entries(value)) {
    const ofKey = textFault(key);
    if (ofKey) faults.add(path, `has a key that ${ofKey}`);
    if (!isSound(child, [...path, key], depth + 1, faults) || ofKey) sound = false;
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
