import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { SitrepState } from '../model/lifecycle.ts';
import { SEARCH_ATTRIBUTES } from '../model/search-attributes.ts';

/** Shows in Temporal where the sitrep stands, and what its lifecycle waits for. */
export function show(state: SitrepState, details: string, version?: number): void {
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.state, value: state },
    ...(version === undefined ? [] : [{ key: SEARCH_ATTRIBUTES.version, value: version }]),
  ]);
  describe(state, details, version);
}

/** Says more about a state that is shown already. */
export function describe(state: SitrepState, details: string, version?: number): void {
  const place = version === undefined ? '' : `, version ${version}`;
  setCurrentDetails(`**${state}**${place}\n\n${details}`);
}
