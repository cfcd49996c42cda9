import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STORED_STATES, type StoredState } from '../../src/model/lifecycle.ts';
import type { SitrepHeading } from '../../src/model/views.ts';
import { submit } from '../../src/store/submission.ts';
import { commit, insert } from '../support/commit.ts';
import { aChildOf, aSitrep, type Sent, submissionOf } from '../support/document.ts';
import { TestService, typeOf } from './harness.ts';

let service: TestService;
beforeAll(async () => {
  // No worker: each state stays as a test has made it.
  service = await TestService.start({ worker: false });
});
afterAll(() => service.close());

const list = async (query = '') => (await service.api.get(`/v1/sitreps${query}`)).body;
const idsOf = (items: SitrepHeading[]) => items.map(({ id }) => id);

/** Follows the pages to their end; `between` runs after each of them. */
async function pageThrough(query: string, between: () => Promise<void> = async () => {}) {
  const pages: SitrepHeading[][] = [];
  let cursor: string | null = null;
  do {
    const { items, nextCursor }: { items: SitrepHeading[]; nextCursor: string | null } = await list(
      `?${query}${cursor === null ? '' : `&cursor=${cursor}`}`,
    );
    pages.push(items);
    cursor = nextCursor;
    await between();
  } while (cursor !== null);
  return pages;
}

test('before any sitrep the list is empty', async () => {
  expect(await list()).toEqual({ items: [], nextCursor: null });
});

describe('the list', () => {
  const oldest = aSitrep();
  const loser = aChildOf(oldest);
  const middle = aChildOf(oldest);
  const newest = aChildOf(middle);
  const undecided = aChildOf(newest);
  const waiting = aChildOf(newest, { creator: 'who waits' });
  const inStates: Record<StoredState, Sent> = {
    released: oldest,
    orphaned: loser,
    superseded: middle,
    current: newest,
    inserted: undecided,
    submitted: waiting,
  };
  beforeAll(async () => {
    const { pool } = service.api.db;
    await commit(pool, oldest);
    await insert(pool, loser);
    await commit(pool, middle);
    await commit(pool, newest, 2);
    await insert(pool, undecided);
    await submit(pool, submissionOf(waiting));
  });

  test('has every sitrep that there is, newest first', async () => {
    const newestFirst = [waiting, undecided, newest, middle, loser, oldest].map(({ id }) => id);
    expect(idsOf((await list()).items)).toEqual(newestFirst);
  });

  test.each(STORED_STATES)('has only sitreps in the state %s when that is asked for', async (state) => {
    const { items, nextCursor } = await list(`?state=${state}`);
    expect(items).toMatchObject([{ id: inStates[state].id, state }]);
    expect(nextCursor).toBeNull();
  });

  test('says of each sitrep what reading it says, but for its cases and its rendezvous', async () => {
    for (const item of (await list()).items) {
      const { cases, rendezvous, ...heading } = (await service.api.get(`/v1/sitreps/${item.id}`)).body;
      expect(item).toEqual(heading);
    }
  });

  test('tells of a released sitrep when that was; its version is found no more', async () => {
    const [released] = (await list('?state=released')).items;
    expect(released).toMatchObject({ version: null, timeMadeCurrent: null });
    expect(released.timeReleased > released.timeCreated).toBe(true);
    expect((await service.api.get('/v1/sitreps/v1')).status).toBe(404);
    expect((await service.api.get('/v1/sitreps/v2')).body.id).toBe(middle.id);
  });

  test.each([1, 2, 4, 5, 6, 7])('comes in pages of at most %i, each sitrep once', async (limit) => {
    const pages = await pageThrough(`limit=${limit}`);
    expect(idsOf(pages.flat())).toEqual(idsOf((await list()).items));
    expect(pages.map(({ length }) => length)).toEqual([
      ...Array(Math.ceil(6 / limit) - 1).fill(limit),
      6 % limit || limit,
    ]);
  });

  test('comes in pages also of one state only', async () => {
    const { pool } = service.api.db;
    for (let n = 0; n < 4; n++) await insert(pool, aChildOf(newest));
    const pages = await pageThrough('state=inserted&limit=2');
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(idsOf(pages.flat())).toEqual(idsOf((await list('?state=inserted')).items));
  });

  test('does not shift under a reader while new sitreps come: what was there is seen once', async () => {
    const { pool } = service.api.db;
    const before = idsOf((await list()).items);
    const added: string[] = [];
    const pages = await pageThrough('limit=2', async () => {
      const [stays, waits] = [aChildOf(newest), aChildOf(newest)];
      await insert(pool, stays);
      await submit(pool, submissionOf(waits));
      added.push(stays.id, waits.id);
    });
    expect(idsOf(pages.flat())).toEqual(before);
    expect(idsOf((await list()).items)).toEqual([...added.toReversed(), ...before]);
  });

  test.each([
    ['no items', 'limit=0', '/query/limit'],
    ['too many items', 'limit=1001', '/query/limit'],
    ['half an item', 'limit=1.5', '/query/limit'],
    ['a limit in words', 'limit=many', '/query/limit'],
    ['an empty limit', 'limit=', '/query/limit'],
    ['a limit that is not in decimal digits', 'limit=0x10', '/query/limit'],
    ['a limit with an exponent', 'limit=1e2', '/query/limit'],
    ['a limit with a blank', 'limit=%201', '/query/limit'],
    ['two limits', 'limit=1&limit=2', '/query/limit'],
    ['an empty cursor', 'cursor=', '/query/cursor'],
    ['a cursor of its own making', 'cursor=1', '/query/cursor'],
    ['a cursor that is too long', `cursor=${'x'.repeat(501)}`, '/query/cursor'],
    ['a cursor at no day', `cursor=${cursorAt('2026-02-31T00:00:00.000000Z')}`, '/query/cursor'],
    ['a cursor at a coarse time', `cursor=${cursorAt('2026-02-28T00:00:00Z')}`, '/query/cursor'],
    ['a cursor at no id', `cursor=${cursorAt('2026-02-28T00:00:00.000000Z', 'x')}`, '/query/cursor'],
    ['a state that no table tells', 'state=collected', '/query/state'],
    ['a state in capitals', 'state=CURRENT', '/query/state'],
    ['two states', 'state=current&state=released', '/query/state'],
    ['an unknown parameter', 'offset=3', '/query/offset'],
  ])('is refused to who asks for %s', async (_, query, pointer) => {
    const reply = await service.api.get(`/v1/sitreps?${query}`);
    expect({ status: reply.status, type: typeOf(reply) }).toEqual({ status: 422, type: 'invalid-parameter' });
    expect(reply.body.faults).toMatchObject([{ pointer }]);
  });

  test('says which parameter was given twice, and nothing else about it', async () => {
    const reply = await service.api.get('/v1/sitreps?limit=1&limit=x');
    expect(reply.body.faults).toEqual([{ pointer: '/query/limit', detail: 'must be given only once' }]);
  });
});

function cursorAt(time: string, id = aSitrep().id): string {
  return Buffer.from(JSON.stringify([time, id])).toString('base64url');
}
