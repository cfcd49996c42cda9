import type { Differences } from './diff.ts';

/**
 * As many of them as fit into so many bytes of JSON, whole ones only, and how many are left out: what a worker answers
 * travels through Temporal, which takes 2 MiB.
 */
export function boundedDifferences(
  all: Differences,
  maxBytes: number,
): { differences: Differences; omitted: number } {
  let left = maxBytes;
  let omitted = 0;
  const fitting = <Item>(items: Item[]): Item[] =>
    items.filter((item) => {
      const bytes = Buffer.byteLength(JSON.stringify(item)) + 1;
      const fits = bytes <= left;
      if (fits) left -= bytes;
      else omitted++;
      return fits;
    });
  const differences = {
    opened: fitting(all.opened),
    closed: fitting(all.closed),
    changed: fitting(all.changed),
    gone: fitting(all.gone),
    requestsAdded: fitting(all.requestsAdded),
    requestsDropped: fitting(all.requestsDropped),
  };
  return { differences, omitted };
}
