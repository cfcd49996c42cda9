/**
 * Values that a body may have: objects, lists, names, numbers and the like. A document of the largest
 * supported size (10,000 cases, 100,000 requests) has about two million. Without this bound, 256 MiB of `{},`
 * would parse into more memory than the process has: each value costs up to 60 bytes, however short it is.
 */
export const MAX_VALUES = 5_000_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** What stands before each value but the first: `[`, `{`, `,` or `:`. */
const BEFORE_A_VALUE = new Uint8Array(256);
for (const character of '[{,:') BEFORE_A_VALUE[character.charCodeAt(0)] = 1;

/** Whether JSON text has more values than that, seen from its bytes alone; those that aren't JSON may pass. */
export function hasTooManyValues(bytes: Uint8Array, most: number = MAX_VALUES): boolean {
  // Each takes a byte at least, so most bodies are too short for that.
  if (bytes.length < most) return false;
  let values = 1;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) at = endOfString(bytes, at);
    else if (BEFORE_A_VALUE[byte] === 1 && ++values > most) return true;
  }
  return false;
}

function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return bytes.length;
}
