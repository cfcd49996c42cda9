import type { Found } from '../model/lifecycle.ts';

/** Ids that a report names per kind: enough to look into it, and bounded however much there is. */
export const NAMED_IDS = 100;

export function foundNothing(): Found {
  return { count: 0, ids: [] };
}

/** Adds ids to what was found. */
export function note(found: Found, ids: string[]): Found {
  found.count += ids.length;
  found.ids.push(...ids.slice(0, NAMED_IDS - found.ids.length));
  return found;
}
