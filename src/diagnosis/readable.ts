import { MAX_TEXT } from '../model/limits.ts';

/**
 * A text as a comment or a log line may hold it. Engines put into it what ereports say, and one unlucky serial number
 * must not cost a diagnosis: what Postgres does not store is replaced, and what is too long is cut.
 */
export function readable(text: string, max = MAX_TEXT): string {
  const whole = text.replaceAll('\u0000', '\uFFFD');
  return (whole.length > max ? `${whole.slice(0, max - 1)}…` : whole).toWellFormed();
}
