import type { Found } from '../model/lifecycle.ts';

/** Ids that a report names per kind: enough to look into it, and bounded however much there is. */
export const NAMED_IDS = 100;

export function foundNothing(): Found {
  return { count: 0, ids: [] };
}

/** Adds ids to what was found. */
export function note(found: Found, ids: string[]): Found {
  return add(found, { count: ids.length, ids });
}

/** Adds what was found elsewhere. */
export function add(found: Found, more: Found): Found {
  found.count += more.count;
  found.ids.push(...more.ids.slice(0, NAMED_IDS - found.ids.length));
  return found;
}
