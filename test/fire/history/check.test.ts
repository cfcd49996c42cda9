import { expect, test } from 'vitest';
import { faultsOf } from './check.ts';
import type { Attempt, Read } from './record.ts';

/** `a` is the first sitrep, `b` its child, and so on. */
const PARENTS: Record<string, string | null> = { a: null, b: 'a', c: 'b', d: 'c', rival: 'a' };

function won(sitrepId: string, version: number, [start, end]: [number, number], more = {}): Attempt {
  return { client: 'w', sitrepId, parentId: PARENTS[sitrepId] ?? null, version, start, end, ...more };
}
function lost(sitrepId: string, [start, end]: [number, number]): Attempt {
  return { client: 'l', sitrepId, parentId: PARENTS[sitrepId] ?? null, version: null, start, end };
}
function read(version: number, [start, end]: [number, number], more = {}): Read {
  return { client: 'r', sitrepId: [null, 'a', 'b', 'c', 'd'][version] ?? null, version, start, end, ...more };
}

const CHAIN = [won('a', 1, [0, 2]), won('b', 2, [10, 14]), won('c', 3, [20, 24])];

test('a history that one chain can have shown has no fault', () => {
  const attempts = [...CHAIN, lost('rival', [8, 12]), won('b', 2, [13, 30])];
  const reads = [
    read(0, [-5, -1]),
    read(0, [-1, 1]),
    read(1, [1, 3]),
    // Reads that overlap may be told in any order, and a commit under way may be seen or not.
    read(2, [11, 13]),
    read(1, [12, 13]),
    read(3, [21, 23]),
    read(2, [22, 24]),
  ];
  expect(faultsOf({ attempts, reads })).toEqual([]);
});

test.each<[string, Attempt[], Read[], string]>([
  ['a version that is missing', [won('a', 1, [0, 1]), won('b', 3, [2, 3])], [], 'Version 3 comes after 1.'],
  ['two winners of one version', [...CHAIN, won('rival', 2, [11, 12])], [], 'Version 2 comes after 2.'],
  [
    'a winner whose parent is not the version before',
    [won('a', 1, [0, 1]), won('b', 2, [2, 3]), won('rival', 3, [4, 5])],
    [],
    'The parent of version 3 is not version 2.',
  ],
  [
    'a first version with a parent',
    [won('a', 1, [0, 1], { parentId: 'x' })],
    [],
    'The parent of version 1 is not version 0.',
  ],
  [
    'versions against time',
    [won('a', 1, [0, 1]), won('b', 2, [10, 11]), won('c', 3, [5, 6])],
    [],
    'version 3 ended before version 2 began.',
  ],
  [
    'a loss that nobody had won',
    [won('a', 1, [0, 1]), lost('rival', [2, 3])],
    [],
    'rival lost by 3, when nothing had superseded its parent.',
  ],
  [
    'a loss before anybody could have won',
    [...CHAIN, lost('rival', [5, 9])],
    [],
    'rival lost by 9, when nothing had superseded its parent.',
  ],
  [
    'a winner that is told that it lost',
    [...CHAIN, lost('b', [15, 16])],
    [],
    'b lost by 16, when nothing had superseded its parent.',
  ],
  [
    'a read from the past',
    CHAIN,
    [read(1, [15, 16])],
    'r read version 1 after version 2 had been committed.',
  ],
  [
    'nothing read once history exists',
    CHAIN,
    [read(0, [3, 4])],
    'r read version 0 after version 1 had been committed.',
  ],
  ['a read from the future', CHAIN, [read(3, [15, 19])], 'r read version 3 before it was committed.'],
  [
    'a read of what never won',
    CHAIN,
    [read(2, [15, 16], { sitrepId: 'rival' })],
    'r read rival as version 2.',
  ],
  [
    'reads that go back',
    CHAIN,
    [read(3, [21, 22]), read(2, [22.5, 23])],
    'version 3, read by r, ended before version 2, read by r, began.',
  ],
])('%s is a fault', (_, attempts, reads, fault) => {
  expect(faultsOf({ attempts, reads })).toContain(fault);
});
