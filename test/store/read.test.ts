import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { BadCursor } from '../../src/store/cursor.ts';
import { deleteSitreps } from '../../src/store/sitrep-delete.ts';
import { listSitreps, readSitrep, sitrepState } from '../../src/store/sitrep-read.ts';
import { submit } from '../../src/store/submission.ts';
import { commit, insert } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aCase, aChildOf, aRequest, aSitrep, type Sent, submissionOf } from '../support/document.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase({ max: 30 });
});
afterAll(() => db.drop());

const large = (fields: Partial<Sent> = {}) =>
  aSitrep({
    cases: Array.from({ length: 20 }, () => aCase({ alertRequests: [aRequest(), aRequest()] })),
    ...fields,
  });

describe('reading', () => {
  test('says "not found" for what was never there', async () => {
    expect(await readSitrep(db.pool, 'current')).toBeNull();
    expect(await readSitrep(db.pool, { id: newId() })).toBeNull();
    expect(await readSitrep(db.pool, { version: 1 })).toBeNull();
    expect(await sitrepState(db.pool, newId())).toBeNull();
    expect(await listSitreps(db.pool, { limit: 10 })).toEqual({ items: [], nextCursor: null });
  });

  test('tells each state from the tables', async () => {
    const chain = [large()];
    for (let n = 0; n < 3; n++) chain.push(aChildOf(chain.at(-1) as Sent));
    const [released, orphansParent, superseded, current] = chain as [Sent, Sent, Sent, Sent];
    await commit(db.pool, released);
    const orphaned = aChildOf(released);
    await insert(db.pool, orphaned);
    await commit(db.pool, orphansParent);
    await commit(db.pool, superseded);
    await commit(db.pool, current, 2);
    const inserted = aChildOf(current);
    await insert(db.pool, inserted);
    const submitted = aChildOf(current);
    await submit(db.pool, submissionOf(submitted));
    const states = { released, orphaned, superseded, current, inserted, submitted };
    for (const [state, sent] of Object.entries(states)) {
      expect(await sitrepState(db.pool, sent.id)).toMatchObject({ state });
      expect(await readSitrep(db.pool, { id: sent.id })).toMatchObject({ id: sent.id, state });
      const { items } = await listSitreps(db.pool, { state: state as never, limit: 10 });
      expect(items.map(({ id }) => id)).toContain(sent.id);
      expect(new Set(items.map((item) => item.state))).toEqual(new Set([state]));
    }
    expect(await readSitrep(db.pool, { version: 4 })).toMatchObject({ id: current.id });
    expect((await readSitrep(db.pool, { version: 3 }))?.rendezvous).toBeNull();
    expect((await readSitrep(db.pool, 'current'))?.rendezvous).toMatchObject({ reconciled: false });
  });

  test('lists newest first, in pages of any size, each sitrep once', async () => {
    const all = (await listSitreps(db.pool, { limit: 100 })).items.map(({ id }) => id);
    for (const limit of [1, 2, 5]) {
      const paged: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await listSitreps(db.pool, { limit, ...(cursor ? { cursor } : {}) });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        paged.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor ?? undefined;
      } while (cursor);
      expect(paged).toEqual(all);
    }
    for (const cursor of [
      '',
      'x',
      'e30',
      Buffer.from('["2026-13-45T00:00:00.000000Z","x"]').toString('base64url'),
    ]) {
      await expect(listSitreps(db.pool, { limit: 1, cursor })).rejects.toThrow(BadCursor);
    }
  });

  test('[I9] [I10] is never torn, and current never nothing, while commits, orphans and deletions run', async () => {
    let stop = false;
    const digests = new Map<string, string>();
    let reads = 0;
    const readers = Array.from({ length: 4 }, async () => {
      while (!stop) {
        const view = await readSitrep(db.pool, 'current');
        expect(view).not.toBeNull();
        for (const id of [view?.id as string, ...[...digests.keys()].slice(-3)]) {
          const whole = await readSitrep(db.pool, { id });
          if (!whole) continue;
          const known = digests.get(id);
          if (known) expect(submissionOf(whole as never).digest).toBe(known);
          reads += 1;
        }
      }
    });
    let parent = (await readSitrep(db.pool, 'current')) as unknown as Sent;
    for (let round = 0; round < 25; round++) {
      const [winner, loser] = [large({ parentId: parent.id }), large({ parentId: parent.id })];
      for (const sent of [winner, loser]) digests.set(sent.id, submissionOf(sent).digest);
      await insert(db.pool, loser);
      await commit(db.pool, winner, 2);
      const released = (await listSitreps(db.pool, { state: 'released', limit: 5 })).items;
      const doomed = [loser.id, ...released.map(({ id }) => id)];
      await deleteSitreps(
        db.pool,
        doomed.map((id) => ({ id, lifecycleOpen: false })),
      );
      parent = winner;
    }
    stop = true;
    await Promise.all(readers);
    expect(reads).toBeGreaterThan(50);
  });
});
