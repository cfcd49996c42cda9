import type pg from 'pg';
import { expect } from 'vitest';
import { tend } from '../../src/api/tend.ts';
import { deleteAlert } from '../../src/store/alert.ts';
import { makeCurrent } from '../../src/store/make-current.ts';
import { rendezvous } from '../../src/store/rendezvous.ts';
import { deleteSitreps } from '../../src/store/sitrep-delete.ts';
import { TestService } from '../api/harness.ts';
import { countRows } from '../support/commit.ts';
import {
  aCase,
  aChildOf,
  aRequest,
  aSitrep,
  requestIds,
  type Sent,
  submissionOf,
} from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { lifecycleOf, live } from '../support/lifecycles.ts';
import { Random } from './random.ts';
import type { Tally } from './tally.ts';
import { underFire } from './under-fire.ts';

const VERSIONS = 3000;
const KEPT = 50;
const LIFECYCLES = 60;
const KEPT_OF_LIFECYCLES = 10;

/**
 * A history far longer than what is kept: of the thousands of versions only the newest stay, each alert is made
 * once, and everything else goes: by the lifecycles where there are some, by `tend` where there is none.
 */
underFire('[I2] [I12] [I15] [I25] a long history', 180_000, async (seed, tally) => {
  const random = new Random(seed);
  const service = await TestService.start({ worker: false });
  const { pool } = service.api.db;
  try {
    const chain = aChain(VERSIONS);
    await writeAll(pool, chain);
    const alerts = await commitAll(pool, chain, random, tally);
    await checkInvariants(pool, { keep: KEPT });
    expect(await countRows(pool, 'fm_sitrep_history')).toBe(KEPT);
    expect(await countRows(pool, 'fm_sitrep')).toBe(KEPT);

    await service.startWorker({
      SITREP_KEEP_VERSIONS: String(KEPT_OF_LIFECYCLES),
      SITREP_ORPHAN_GRACE_SECONDS: '0',
    });
    const lived = await liveOn(service, chain.at(-1) as Sent, random, tally);
    const { client } = service.temporal;
    for (const { id } of lived.slice(0, -KEPT_OF_LIFECYCLES)) {
      expect(await lifecycleOf(client, id).result()).toMatchObject({ state: 'collected' });
    }
    await checkInvariants(pool, { keep: KEPT_OF_LIFECYCLES });
    const { found } = await tend(client, false);
    // All that had no lifecycle.
    expect(found.sitrepsDeleted.count).toBe(KEPT);
    expect(found.signalsSent.count).toBe(0);
    expect(await countRows(pool, 'fm_sitrep')).toBe(KEPT_OF_LIFECYCLES);
    for (const { count } of Object.values((await tend(client, false)).found)) expect(count).toBe(0);
    expect(await alertIds(pool)).toEqual(alerts.toSorted());
    await checkInvariants(pool, { keep: KEPT_OF_LIFECYCLES });
  } finally {
    await service.close();
  }
});

/** Each carries its parent's case, and asks for another alert in place of its parent's. */
function aChain(length: number): Sent[] {
  const first = aSitrep();
  const [{ id }] = first.cases as [Sent['cases'][number]];
  const chain = [first];
  while (chain.length < length) {
    const parent = chain.at(-1) as Sent;
    chain.push(aChildOf(parent, { cases: [aCase({ id, alertRequests: [aRequest()] })] }));
  }
  return chain;
}

/** Writes the rows of all of them at once: what is tried here begins with the compare-and-swap. */
async function writeAll(pool: pg.Pool, chain: Sent[]): Promise<void> {
  const ids = chain.map(({ id }) => id);
  const [first] = chain as [Sent];
  const [{ id: caseId }] = first.cases as [Sent['cases'][number]];
  await pool.query(
    `INSERT INTO fm_sitrep (id, parent_sitrep_id, creator, comment, digest, alert_generation)
     SELECT id, lag(id) OVER (ORDER BY n), 'test', '', decode(digest, 'hex'), n
       FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS sent (id, digest, n)`,
    [ids, chain.map((sent) => submissionOf(sent).digest)],
  );
  await pool.query(
    `INSERT INTO fm_case (sitrep_id, id, engine, created_sitrep_id, comment)
     SELECT id, $2, 'test', $3, '' FROM unnest($1::uuid[]) AS sent (id)`,
    [ids, caseId, ids[0]],
  );
  await pool.query(
    `INSERT INTO fm_alert_request (sitrep_id, id, requested_sitrep_id, case_id, alert_class, alert_version,
                                   payload, generation, comment)
     SELECT id, request_id, id, $3, 'test.foo', 0, '{"n": 1}', n, ''
       FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS sent (id, request_id, n)`,
    [ids, chain.flatMap(requestIds), caseId],
  );
}

/** Commits the chain, sitrep by sitrep; returns the alerts that there must be in the end. */
async function commitAll(pool: pg.Pool, chain: Sent[], random: Random, tally: Tally): Promise<string[]> {
  const alerts: string[] = [];
  let released: string[] = [];
  for (const [index, { id, parentId }] of chain.entries()) {
    const made = await makeCurrent(pool, id, parentId, KEPT);
    const oldest = chain[index - KEPT];
    expect(made).toEqual({
      kind: 'current',
      version: index + 1,
      isHead: true,
      releasedIds: oldest ? [oldest.id] : [],
    });
    if (oldest) released.push(oldest.id);
    tally.count('storeOperations');
    if (random.chance(0.1)) await commitLate(pool, chain, random.below(index + 1), index, tally);
    const isLast = index === chain.length - 1;
    if (isLast || random.chance(0.7)) {
      expect(await rendezvous(pool, id)).toEqual({ kind: 'met', examined: 1, created: 1 });
      tally.count('storeOperations');
      const [alert] = requestIds(chain[index] as Sent) as [string];
      if (random.chance(0.1)) await deleteAlert(pool, alert);
      else alerts.push(alert);
    }
    if (isLast || random.chance(0.1)) {
      await collect(pool, released);
      tally.count('storeOperations');
      released = [];
    }
  }
  return alerts;
}

/** Somebody slow, with one of the versions up to the head: it hears what has become of it, and changes nothing. */
async function commitLate(
  pool: pg.Pool,
  chain: Sent[],
  index: number,
  head: number,
  tally: Tally,
): Promise<void> {
  const { id, parentId } = chain[index] as Sent;
  const made = await makeCurrent(pool, id, parentId, KEPT);
  if (index > head - KEPT)
    expect(made).toMatchObject({ kind: 'current', version: index + 1, releasedIds: [] });
  // Where it has been deleted, nothing tells any more that it was current.
  else expect(['released', 'parentNotCurrent']).toContain(made.kind);
  if (index < head) expect(await rendezvous(pool, id)).toEqual({ kind: 'stale', examined: 0, created: 0 });
  tally.count('storeOperations', 2);
}

async function collect(pool: pg.Pool, ids: string[]): Promise<void> {
  const { deleted } = await deleteSitreps(
    pool,
    ids.map((id) => ({ id, lifecycleOpen: true })),
  );
  expect(deleted.toSorted()).toEqual(ids.toSorted());
}

/** Goes on with lifecycles on the real server; now and then two compete. */
async function liveOn(service: TestService, head: Sent, random: Random, tally: Tally): Promise<Sent[]> {
  const lived: Sent[] = [];
  let parent = head;
  while (lived.length < LIFECYCLES) {
    const rivals = random.chance(0.1) ? [aChildOf(parent), aChildOf(parent)] : [aChildOf(parent)];
    const decisions = await Promise.all(
      rivals.map(async (sent) => {
        const [handle, decision] = await live(service.api.db.pool, service.temporal.client, sent);
        if (decision.kind === 'orphaned') await handle.result();
        return { sent, decision };
      }),
    );
    const won = decisions.filter(({ decision }) => decision.kind === 'current');
    expect(won).toMatchObject([{ decision: { version: VERSIONS + lived.length + 1 } }]);
    tally.count('lifecycles', rivals.length);
    if (rivals.length > 1) tally.count('races');
    parent = won[0]?.sent as Sent;
    lived.push(parent);
  }
  return lived;
}

async function alertIds(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM alert ORDER BY id');
  return rows.map(({ id }) => id);
}
