import { z } from 'zod';

/** A JSON pointer (RFC 6901) to a part of a value; not to the whole of it. */
export const JsonPointer = z
  .string()
  .max(200, 'must have at most 200 characters')
  .regex(/^(?:\/(?:[^~/]|~[01])*)+$/, 'must be a JSON pointer (RFC 6901) such as /body/slot');

/** What a pointer points to, or undefined. */
export function valueAt(value: unknown, pointer: string): unknown {
  let at = value;
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}
