import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { prunableSitreps, pruneHistory } from '../../src/store/history-prune.ts';
import { collectableMarkers, collectMarkers } from '../../src/store/marker.ts';
import { deleteSitreps } from '../../src/store/sitrep-delete.ts';
import { commit, commitAndMeet, countRows, insert } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aCase, aChildOf, aRequest, aSitrep, requestIds, type Sent } from '../support/document.ts';
import { checkInvariants, childTables } from '../support/invariants.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase({ max: 40 });
});
afterEach(async () => {
  await checkInvariants(db.pool);
  await db.drop();
});

async function commitChain(length: number, first = aSitrep()): Promise<Sent[]> {
  const chain = [first];
  await commit(db.pool, first);
  while (chain.length < length) {
    const child = aChildOf(chain.at(-1) as Sent);
    await commit(db.pool, child);
    chain.push(child);
  }
  return chain;
}

async function markers(): Promise<string[]> {
  const { rows } = await db.pool.query('SELECT alert_id AS id FROM rendezvous_alert_created ORDER BY 1');
  return rows.map(({ id }) => id);
}

describe('deleting sitreps', () => {
  test('[I23] takes a sitrep whole, from every child table that the catalogue has', async () => {
    const first = aSitrep();
    await commit(db.pool, first);
    const ereports = [{ restartId: first.id, ena: '1' }];
    const lost = aChildOf(first, { cases: [aCase({ ereports, alertRequests: [aRequest()] })] });
    await insert(db.pool, lost);
    await commit(db.pool, aChildOf(first));
    const tables = await childTables(db.pool);
    expect(tables).toEqual(['fm_alert_request', 'fm_case', 'fm_ereport_in_case']);
    for (const table of tables) {
      expect(await countRows(db.pool, `${table} WHERE sitrep_id = '${lost.id}'`)).toBeGreaterThan(0);
    }
    const doomed = [{ id: lost.id, lifecycleOpen: true }];
    expect(await deleteSitreps(db.pool, doomed)).toEqual({ deleted: [lost.id], refused: [] });
    expect(await deleteSitreps(db.pool, doomed)).toEqual({ deleted: [], refused: [] });
    for (const table of tables) {
      expect(await countRows(db.pool, `${table} WHERE sitrep_id = '${lost.id}'`)).toBe(0);
    }
  });

  test('[I21] refuses the current one, those in history, and an undecided one whose lifecycle is open', async () => {
    const [old, current] = (await commitChain(2)) as [Sent, Sent];
    const undecided = aChildOf(current);
    await insert(db.pool, undecided);
    const doomed = [old, current, undecided].map(({ id }) => ({ id, lifecycleOpen: true }));
    const { deleted, refused } = await deleteSitreps(db.pool, doomed);
    expect(deleted).toEqual([]);
    expect(refused.sort()).toEqual([old.id, current.id, undecided.id].sort());
    const closed = doomed.map((one) => ({ ...one, lifecycleOpen: false }));
    expect((await deleteSitreps(db.pool, closed)).deleted).toEqual([undecided.id]);
  });
});

describe('pruning', () => {
  test.each([1, 2, 3, 100])('[I24] [I25] in steps of %i leaves the newest kept versions', async (limit) => {
    const chain = await commitChain(9);
    expect(await prunableSitreps(db.pool, 4)).toEqual(chain.slice(0, 5).map(({ id }) => id));
    const released: string[] = [];
    for (;;) {
      const step = await pruneHistory(db.pool, 4, limit);
      released.push(...step);
      if (step.length === 0) break;
    }
    expect(released).toEqual(chain.slice(0, 5).map(({ id }) => id));
    await checkInvariants(db.pool, { keep: 4 });
  });

  test('[I21] [I25] never takes the current version, whatever is to be kept', async () => {
    await commitChain(3);
    expect(await pruneHistory(db.pool, 0, 100)).toHaveLength(2);
    expect(await pruneHistory(db.pool, -5, 100)).toHaveLength(0);
    await checkInvariants(db.pool, { keep: 1 });
  });

  test('[I2] [I25] ten at once release each version once', async () => {
    await commitChain(30);
    const steps = await Promise.all(Array.from({ length: 10 }, () => pruneHistory(db.pool, 5, 4)));
    const released = steps.flat();
    expect(released).toHaveLength(25);
    expect(new Set(released).size).toBe(25);
    await checkInvariants(db.pool, { keep: 5 });
  });
});

describe('collecting markers', () => {
  async function dropAllButOne(): Promise<{ kept: string; dropped: string[] }> {
    const first = aSitrep({}, 9);
    await commitAndMeet(db.pool, first);
    const [kept, ...dropped] = requestIds(first) as [string, ...string[]];
    const second = aChildOf(first);
    const oneCase = second.cases[0] as Sent['cases'][number];
    oneCase.alertRequests = (oneCase.alertRequests ?? []).filter(({ id }) => id === kept);
    await commitAndMeet(db.pool, second);
    return { kept, dropped: dropped.sort() };
  }

  test.each([1, 2, 3, 100])(
    '[I17] [I24] %i at a time takes those that the head does not request',
    async (chunk) => {
      const { kept, dropped } = await dropAllButOne();
      expect(await collectableMarkers(db.pool, 3)).toEqual({ count: 8, ids: dropped.slice(0, 3) });
      const deleted: string[] = [];
      await collectMarkers(db.pool, (ids) => deleted.push(...ids), chunk);
      expect(deleted).toEqual(dropped);
      expect(await markers()).toEqual([kept]);
      expect(await collectableMarkers(db.pool, 3)).toEqual({ count: 0, ids: [] });
    },
  );

  test('[I15] an id that was dropped and collected counts as new', async () => {
    const { dropped } = await dropAllButOne();
    await collectMarkers(db.pool);
    const [id] = dropped as [string];
    const head = (await db.pool.query('SELECT sitrep_id AS id FROM fm_sitrep_head')).rows[0].id as string;
    const again = aSitrep({ parentId: head, cases: [aCase({ alertRequests: [aRequest({ id })] })] });
    expect(await insert(db.pool, again)).toMatchObject({ refusal: { kind: 'requestIdUsed' } });
    await db.pool.query('DELETE FROM alert WHERE id = $1', [id]);
    await commitAndMeet(db.pool, again);
    expect(await countRows(db.pool, `alert WHERE id = '${id}'`)).toBe(1);
  });
});
