import { z } from 'zod';
import { MAX_TEXT } from './limits.ts';

/** What is wrong with a text, or null. Postgres stores neither NUL nor half of a surrogate pair. */
export function textFault(text: string): string | null {
  if (text.includes('\u0000')) return 'must not contain the character NUL (U+0000)';
  if (!text.isWellFormed()) return 'must be well-formed Unicode, without lone surrogates';
  return null;
}

export function text(max: number = MAX_TEXT) {
  return z
    .string()
    .max(max, `must have at most ${max} characters`)
    .superRefine((value, context) => {
      const fault = textFault(value);
      if (fault) context.addIssue({ code: 'custom', message: fault });
    });
}
