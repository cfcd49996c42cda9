import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deleteAlert, listAlerts, readAlert } from '../../src/store/alert.ts';
import { collectMarkers } from '../../src/store/marker.ts';
import { AFTER_WHAT_IS_MET, FROM_THE_START, rendezvous } from '../../src/store/rendezvous.ts';
import { readSitrep } from '../../src/store/sitrep-read.ts';
import { transaction } from '../../src/store/transaction.ts';
import { commit, commitAndMeet, countRows, insert, KEEP } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aCase, aChildOf, aRequest, aSitrep, requestIds, type Sent } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase({ max: 40 });
});
afterEach(async () => {
  await checkInvariants(db.pool);
  await db.drop();
});

const alertIds = async () => (await listAlerts(db.pool, { limit: 1000 })).items.map(({ id }) => id).sort();
const rendezvousView = async () => (await readSitrep(db.pool, 'current'))?.rendezvous;

/** A child that carries everything and asks for `more` in addition. */
function aChildAskingForMore(parent: Sent, more = 1): Sent {
  const child = aChildOf(parent);
  child.cases.push(aCase({ alertRequests: Array.from({ length: more }, () => aRequest()) }));
  return child;
}

test('neither a rendezvous nor a collection of markers reads a table whole that was empty when it was planned', async () => {
  const session = await createDatabase({ max: 1 });
  try {
    await session.pool.query('VACUUM alert, rendezvous_alert_created, fm_alert_request');
    let parent: Sent | null = null;
    for (const requests of [1, 200]) {
      const sent: Sent = aSitrep({ parentId: parent?.id ?? null }, requests);
      await commit(session.pool, sent);
      await rendezvous(session.pool, sent.id, AFTER_WHAT_IS_MET, undefined, 10);
      await collectMarkers(session.pool, () => {}, 10);
      parent = sent;
    }
    await session.pool.query('SELECT pg_stat_force_next_flush()');
    const { rows } = await session.pool.query<{ read: number }>(
      `SELECT seq_tup_read::int AS read FROM pg_stat_user_tables
        WHERE relname IN ('alert', 'rendezvous_alert_created', 'fm_alert_request')`,
    );
    // What plans its statements anew each time may well have read the single row that was there at first.
    for (const { read } of rows) expect(read).toBeLessThan(10);
    expect(rows).toHaveLength(3);
    expect(await countRows(session.pool, 'alert')).toBe(201);
  } finally {
    await session.drop();
  }
});

describe('a rendezvous of the current sitrep', () => {
  test('[I12] makes each requested alert, as it was requested', async () => {
    const request = aRequest({ class: 'test.quux.bar', payload: { a: ['☃', 1.5, null] } });
    const oneCase = aCase({ alertRequests: [request] });
    await commitAndMeet(db.pool, aSitrep({ cases: [oneCase] }));
    expect(await readAlert(db.pool, request.id)).toMatchObject({
      id: request.id,
      class: 'test.quux.bar',
      version: 0,
      payload: { a: ['☃', 1.5, null] },
      caseId: oneCase.id,
      timeDispatched: null,
      numDispatched: 0,
    });
  });

  test('[I12] [I24] ends the same for any chunk size, and says what it did', async () => {
    const sent = aSitrep({}, 23);
    await commit(db.pool, sent);
    let parent = sent;
    for (const chunk of [1, 2, 7, 23, 24, 2000]) {
      const child = aChildAskingForMore(parent, 23);
      await commit(db.pool, child);
      const before = await countRows(db.pool, 'alert');
      const asked = parent === sent ? 46 : 23;
      const outcome = await rendezvous(db.pool, child.id, AFTER_WHAT_IS_MET, undefined, chunk);
      expect(outcome).toEqual({ kind: 'met', examined: asked, created: asked });
      expect(await countRows(db.pool, 'alert')).toBe(before + asked);
      parent = child;
    }
    expect(await rendezvousView()).toMatchObject({ reconciled: true, last: { created: 23, examined: 23 } });
  });

  test('[I12] [I16] ten at once make each alert once, and the markers of the first stay', async () => {
    const sent = aSitrep({}, 500);
    await commit(db.pool, sent);
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => rendezvous(db.pool, sent.id, AFTER_WHAT_IS_MET, undefined, 60)),
    );
    expect(outcomes.reduce((sum, { created }) => sum + created, 0)).toBe(500);
    expect(await alertIds()).toEqual(requestIds(sent).sort());
    const markers = 'SELECT array_agg(m ORDER BY alert_id) AS all FROM rendezvous_alert_created m';
    const before = (await db.pool.query(markers)).rows;
    await rendezvous(db.pool, sent.id, FROM_THE_START);
    expect((await db.pool.query(markers)).rows).toEqual(before);
  });

  test('goes on from where an earlier attempt was cut off', async () => {
    const sent = aSitrep({}, 30);
    await commit(db.pool, sent);
    let reached = AFTER_WHAT_IS_MET;
    const cutOff = rendezvous(
      db.pool,
      sent.id,
      AFTER_WHAT_IS_MET,
      (cursor) => {
        reached = cursor;
        if (cursor.examined >= 20) throw new Error('cut off');
      },
      10,
    );
    await expect(cutOff).rejects.toThrow('cut off');
    expect(await rendezvousView()).toMatchObject({ reconciled: false, last: null });
    const outcome = await rendezvous(db.pool, sent.id, reached, undefined, 10);
    expect(outcome).toEqual({ kind: 'met', examined: 30, created: 30 });
  });

  test('[I19] a sitrep that requests nothing is reconciled by a rendezvous all the same', async () => {
    await commitAndMeet(db.pool, aSitrep({ cases: [] }));
    expect(await rendezvousView()).toMatchObject({ reconciled: true, generation: 1, metGeneration: 1 });
  });

  test('[I12] a request that was dropped before it was met causes nothing', async () => {
    const first = aSitrep({}, 3);
    await commit(db.pool, first);
    await commitAndMeet(db.pool, aChildOf(first, { cases: [] }));
    expect(await alertIds()).toEqual([]);
  });

  test('[I20] of a reconciled head writes nothing', async () => {
    const sent = aSitrep({}, 5);
    await commitAndMeet(db.pool, sent);
    const state = `SELECT p.xmin::text, (SELECT array_agg(m.xmin::text || a.xmin::text ORDER BY m.alert_id)
      FROM rendezvous_alert_created m JOIN alert a ON a.id = m.alert_id) AS rows FROM fm_rendezvous_progress p`;
    const before = (await db.pool.query(state)).rows;
    const nothing = { kind: 'met', examined: 0, created: 0 };
    expect(await rendezvous(db.pool, sent.id)).toEqual(nothing);
    expect(await rendezvous(db.pool, sent.id, FROM_THE_START)).toMatchObject({ created: 0, examined: 5 });
    expect((await db.pool.query(state)).rows).toEqual(before);
  });

  test('[I20] of a reconciled head touches as many buffers for 20,000 requests as for 10', async () => {
    const few = aSitrep({}, 10);
    await commitAndMeet(db.pool, few);
    await rendezvous(db.pool, few.id);
    const buffersForFew = await buffersOfARendezvous(few.id);
    const many = aChildAskingForMore(few, 20_000);
    await commitAndMeet(db.pool, many);
    await db.pool.query('VACUUM ANALYZE');
    await rendezvous(db.pool, many.id);
    expect(await buffersOfARendezvous(many.id)).toBeLessThanOrEqual(buffersForFew + 5);
  });

  async function buffersOfARendezvous(id: string): Promise<number> {
    return transaction(db.pool, async (client) => {
      const call = `SELECT * FROM fm_rendezvous_alert_chunk('${id}', NULL, NULL, 2000, 0, 0)`;
      // Once to warm this session's caches, whose filling counts as buffers, too.
      await client.query(call);
      const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${call}`);
      return rows[0]['QUERY PLAN'][0].Plan['Shared Hit Blocks'] as number;
    });
  }
});

describe('a rendezvous that is stale', () => {
  test('[I11] of a sitrep that is not current makes nothing', async () => {
    const first = aSitrep({ cases: [] });
    await commit(db.pool, first);
    const winner = aChildOf(first);
    const loser = aChildAskingForMore(first);
    await insert(db.pool, loser);
    await commit(db.pool, winner);
    expect(await rendezvous(db.pool, loser.id)).toMatchObject({ kind: 'stale', created: 0 });
    expect(await rendezvous(db.pool, loser.id, FROM_THE_START)).toMatchObject({ kind: 'stale' });
    expect(await alertIds()).toEqual([]);
  });

  test('[I14] says so from the chunk on that finds another head, and writes nothing in it', async () => {
    const first = aSitrep({}, 30);
    await commit(db.pool, first);
    const second = aChildOf(first, { cases: [] });
    await insert(db.pool, second);
    // The next chunk waits behind the commit, which waits for nothing: it holds the head already.
    const swap = `SELECT * FROM fm_make_current('${second.id}', '${first.id}', ${KEEP}, 10)`;
    let commitBetween: Promise<unknown> | undefined;
    const slow = await rendezvous(
      db.pool,
      first.id,
      AFTER_WHAT_IS_MET,
      () => {
        commitBetween ??= db.pool.query(swap);
      },
      10,
    );
    await commitBetween;
    expect(slow.kind).toBe('stale');
    expect(slow.created).toBeLessThan(30);
    expect(await countRows(db.pool, 'rendezvous_alert_created')).toBe(slow.created);
  });

  test('[I12] what it carried on is met by the rendezvous of its successor', async () => {
    const first = aSitrep({}, 20);
    await commit(db.pool, first);
    const cutOff = rendezvous(
      db.pool,
      first.id,
      AFTER_WHAT_IS_MET,
      () => {
        throw new Error('cut off');
      },
      5,
    );
    await expect(cutOff).rejects.toThrow();
    const second = aChildOf(first);
    await commitAndMeet(db.pool, second);
    expect(await alertIds()).toEqual(requestIds(first).sort());
  });
});

describe('a deleted alert', () => {
  test('[I15] stays deleted while it is requested: no rendezvous brings it back', async () => {
    const first = aSitrep({}, 2);
    await commitAndMeet(db.pool, first);
    const [gone, kept] = requestIds(first) as [string, string];
    expect(await deleteAlert(db.pool, gone)).toBe(true);
    expect(await deleteAlert(db.pool, gone)).toBe(false);
    await rendezvous(db.pool, first.id);
    await rendezvous(db.pool, first.id, FROM_THE_START);
    const second = aChildAskingForMore(first);
    await commitAndMeet(db.pool, second);
    await rendezvous(db.pool, second.id, FROM_THE_START);
    expect(await alertIds()).toEqual([kept, ...requestIds(second).slice(2)].sort());
  });
});
