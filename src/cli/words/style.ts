/** How text for people is set. */
export interface Style {
  /** Columns of the terminal; null where there is none, so that nothing is cut. */
  width: number | null;
  paint: (format: Paint, text: string) => string;
  now: number;
}
export type Paint = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

// What a terminal obeys instead of showing it, and what reorders the text around it.
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are meant
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Somebody else's text, safe to print: a comment must not clear the screen of who reads it. */
export function printable(text: string): string {
  return text.replace(OBEYED, (character) => {
    const code = character.codePointAt(0) as number;
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** The same on one line. */
export function onOneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' ').trim());
}

export function indented(text: string, by: string): string {
  return text.replaceAll('\n', `\n${by}`);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/** `2026-11-20T08:10:27.512000Z` as people write it. */
export function moment(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;
}

/** How long ago, in one number: enough for a list, and short. */
export function age(time: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(time)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 120 * 60) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** Names and what they stand for, in two columns. */
export function facts(pairs: [name: string, value: string][], { paint }: Pick<Style, 'paint'>): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  const margin = ' '.repeat(width + 4);
  return pairs
    .map(([name, value]) => `  ${paint('dim', name.padEnd(width))}  ${indented(value, margin)}`)
    .join('\n');
}
