import { endOfString, QUOTE } from './json-text.ts';

const COLON = 0x3a;

/**
 * The offset after the first name, in valid JSON text, that its object has already, or null. What the text was
 * parsed into has one value for each name: if there are as many as in the text, none was there twice, which is quick
 * to see.
 */
export function findRepeatedName(text: string, parsed: unknown): number | null {
  return namesIn(text) === namesOf(parsed) ? null : searchRepeatedName(text);
}

function namesIn(text: string): number {
  let names = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COLON) names++;
  }
  return names;
}

function namesOf(parsed: unknown): number {
  let names = 0;
  const waiting = [parsed];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== 'object' || value === null) continue;
    const children = Object.values(value);
    if (!Array.isArray(value)) names += children.length;
    for (const child of children) waiting.push(child);
  }
  return names;
}

function searchRepeatedName(text: string): number | null {
  // One for each object that is open; none for a list.
  const open: (Set<unknown> | null)[] = [];
  let lastString = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      lastString = text.slice(at, end + 1);
      at = end;
    } else if (character === '{') open.push(new Set());
    else if (character === '[') open.push(null);
    else if (character === '}' || character === ']') open.pop();
    else if (character === ':') {
      const names = open.at(-1);
      const name: unknown = JSON.parse(lastString);
      if (names?.has(name)) return at + 1;
      names?.add(name);
    }
  }
  return null;
}
