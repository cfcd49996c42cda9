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
