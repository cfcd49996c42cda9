import { z } from 'zod';
import { Id } from './id.ts';

const MAX_NAME = 100;

/** How people name a thing that has an id as well. */
export const Name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]*$/, 'must be lower-case letters, digits, - and _')
  .max(MAX_NAME, `must have at most ${MAX_NAME} characters`)
  // The command takes a name or an id, so none may be taken for the other.
  .refine((value) => !Id.safeParse(value).success, 'must not be a UUID, which ids are');
