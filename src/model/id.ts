import { v7 } from 'uuid';
import { z } from 'zod';

/**
 * A UUID (RFC 9562), any version. Upper case is accepted and made lower case, so that one id has one
 * spelling in digests, workflow IDs and comparisons.
 */
export const Id = z.uuid('must be a UUID').toLowerCase();

/** A new time-ordered id (UUID v7): rows made together lie together in every index. */
export function newId(): string {
  return v7();
}
