import { defineSearchAttributeKey } from '@temporalio/common';

/** What lifecycles can be found by in Temporal, e.g. `SitrepState="orphaned"`. The worker's start registers them. */
export const SEARCH_ATTRIBUTES = {
  /** A `SitrepState` of lifecycle.ts. */
  state: defineSearchAttributeKey('SitrepState', 'KEYWORD'),
  version: defineSearchAttributeKey('SitrepVersion', 'INT'),
  /** The parent's sitrep id; not set for a first sitrep. */
  parent: defineSearchAttributeKey('SitrepParent', 'KEYWORD'),
  creator: defineSearchAttributeKey('SitrepCreator', 'KEYWORD'),
} as const;
