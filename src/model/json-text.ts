import { pointer } from './fault.ts';

// Looks at valid JSON text as text, for what JSON.parse does not tell of it.

const BACKSLASH = 0x5c;
export const QUOTE = 0x22;

/** The offset of the quote that closes the string opened at `start`. */
export function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
}

/** The JSON pointer of the value at an offset. Run only once a fault is found. */
export function pointerAt(text: string, offset: number): string {
  const path: (string | number)[] = [];
  let lastString = '';
  for (let at = 0; at < offset; at++) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      lastString = text.slice(at, end + 1);
      at = end;
    } else if (character === '{') path.push('');
    else if (character === '[') path.push(0);
    else if (character === '}' || character === ']') path.pop();
    else if (character === ':') path[path.length - 1] = JSON.parse(lastString) as string;
    else if (character === ',') {
      const index = path.at(-1);
      if (typeof index === 'number') path[path.length - 1] = index + 1;
    }
  }
  return pointer(path);
}

const NEWLINE = 0x0a;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const OPENING = new Set([OPEN_LIST, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** The elements of a list as the bytes of each, of JSON that is valid; null when it is no list. */
export function elementsOf(json: Uint8Array): Uint8Array[] | null {
  const elements: Uint8Array[] = [];
  let start = -1;
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number;
    if (byte === QUOTE) {
      at = endOfStringIn(json, at);
      if (depth === 0) return null;
    } else if (OPENING.has(byte)) {
      depth += 1;
      if (depth > 1) continue;
      if (byte !== OPEN_LIST) return null;
      start = at + 1;
    } else if (CLOSING.has(byte)) {
      depth -= 1;
      if (depth === 0 && !isBlank(json.subarray(start, at))) elements.push(json.subarray(start, at));
    } else if (byte === COMMA && depth === 1) {
      elements.push(json.subarray(start, at));
      start = at + 1;
    }
  }
  return start === -1 ? null : elements;
}

/** As `endOfString`, in UTF-8, whose longer characters contain neither of the two bytes that matter. */
function endOfStringIn(json: Uint8Array, start: number): number {
  for (let at = start + 1; ; at++) {
    const byte = json[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
}

/** The lines of a text that have something on them, counted from 1. */
export function* linesOf(text: Uint8Array): Generator<{ line: number; text: Uint8Array }> {
  let start = 0;
  for (let line = 1; start < text.length; line++) {
    const newline = text.indexOf(NEWLINE, start);
    const end = newline === -1 ? text.length : newline;
    const one = text.subarray(start, end);
    if (!isBlank(one)) yield { line, text: one };
    start = end + 1;
  }
}

/** Spaces, tabs and ends of lines, which JSON allows around any value. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === NEWLINE || byte === 0x0d);
}
