import { inspect } from 'node:util';
import { readable } from './readable.ts';

/**
 * Whatever an engine says or throws, as a text that can be kept. Never throws itself: whoever wrote the engine may have
 * written it in JavaScript, and an analysis that fails at the words for it fails again each time.
 */
export function inWords(value: unknown, max?: number): string {
  try {
    return readable(textOf(value), max);
  } catch {
    return 'what cannot be put into words';
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const stack = value instanceof Error ? value.stack : null;
  return typeof stack === 'string' ? stack : inspect(value);
}
