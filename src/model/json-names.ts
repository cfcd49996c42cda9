import type { Json, JsonObject } from './json.ts';
import { endOfString } from './json-text.ts';

/**
 * The offset after the first name, in valid JSON text with so many names, that its object has already, or null. What the
 * text was parsed into has one value for each name: if there are as many, none was there twice, which is quick to see.
 */
export function findRepeatedName(text: string, names: number, parsed: Json): number | null {
  return names === namesOf(parsed) ? null : searchRepeatedName(text);
}

function namesOf(parsed: Json): number {
  let names = 0;
  const waiting = [parsed];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (Array.isArray(value)) {
      for (const child of value) if (isOfMany(child)) waiting.push(child);
    } else if (isOfMany(value)) {
      // In place: a list of its values would have to be cleared away, and there are as many as objects.
      for (const name in value) {
        names++;
        const child = value[name];
        if (isOfMany(child)) waiting.push(child);
      }
    }
  }
  return names;
}

function isOfMany(value: Json | undefined): value is Json[] | JsonObject {
  return typeof value === 'object' && value !== null;
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
