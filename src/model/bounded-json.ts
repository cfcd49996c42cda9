import type { Faults } from './fault.ts';
import { MAX_PAYLOAD_BYTES, MAX_PAYLOAD_DEPTH } from './limits.ts';
import { textFault } from './text.ts';

/** Whether a payload or a body is within its bounds, and can be stored as it is. If not, says where and why. */
export function isBoundedJson(value: unknown, path: PropertyKey[], faults: Faults): boolean {
  if (mostBytes(value, 1) <= MAX_PAYLOAD_BYTES) return true;
  // Not by whether there are more faults than before: their list is bounded, and may be full.
  if (!isSound(value, path, 1, faults)) return false;
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes + zerosIn(value) <= MAX_PAYLOAD_BYTES) return true;
  const written = bytes > MAX_PAYLOAD_BYTES ? '' : ' with its numbers written out, without exponents';
  faults.add(path, `must have at most ${MAX_PAYLOAD_BYTES} bytes as JSON${written}`);
  return false;
}

/** A character takes so many bytes at most, escaped: `\u0001`. */
const CHARACTER = 6;
/** Any value that is neither a text nor has others in it, and no number with many zeros. */
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
  if (typeof value === 'number') return SCALAR + zerosOf(value) + AROUND;
  if (typeof value !== 'object' || value === null) return SCALAR + AROUND;
  let bytes = AROUND;
  for (const key in value) {
    if (textFault(key)) return Number.POSITIVE_INFINITY;
    bytes += CHARACTER * key.length + AROUND + mostBytes(Reflect.get(value, key), depth + 1);
  }
  return bytes;
}

/** Postgres keeps numbers written out, so `1e308` takes 309 bytes whenever it is read. */
function zerosIn(value: unknown): number {
  if (typeof value === 'number') return zerosOf(value);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, child) => sum + zerosIn(child), 0);
}

/** How much longer a number is there than in JSON, at most: only beyond these has it an exponent here. */
function zerosOf(number: number): number {
  const size = Math.abs(number);
  return size === 0 || (size >= 1e-6 && size < 1e21) ? 0 : Math.ceil(Math.abs(Math.log10(size)));
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
