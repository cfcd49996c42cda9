import { isDeepStrictEqual } from 'node:util';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import { expect } from 'vitest';
import { newId } from '../../../src/model/id.ts';
import { TASK_QUEUE, TEND } from '../../../src/model/lifecycle.ts';
import { until } from '../../e2e/local-stack.ts';
import { requestIds, type Sent } from '../../support/document.ts';
import { checkInvariants } from '../../support/invariants.ts';
import { lifecycleState } from './end-state.ts';
import type { Told } from './racing-clients.ts';

interface Stage {
  pool: pg.Pool;
  client: Client;
  /** Versions that are kept. */
  keep: number;
}

const SITREPS = 'SELECT id FROM fm_sitrep';
const SUBMISSIONS = 'SELECT sitrep_id AS id FROM sitrep_submission';

/** However slow the machine is. */
const PATIENCE = 120_000;

/**
 * What must have come of it, once all is quiet: one chain, as clients were told; of it the newest sitreps, and
 * nothing of the others; each alert that was asked for on the chain, once, but for those that were deleted;
 * each lifecycle at its end, or where it waits.
 */
export async function expectRightEnd({ pool, client, keep }: Stage, told: Told): Promise<void> {
  // Whoever was killed while it accepted a document has left it; an hour is over at once.
  await until(
    'nothing is left to tend',
    async () => {
      await pool.query(`UPDATE sitrep_submission SET time_submitted = now() - interval '2 hours'`);
      await client.workflow.execute(TEND, {
        workflowId: `${TEND}:${newId()}`,
        taskQueue: TASK_QUEUE,
        args: [{ dryRun: false }],
      });
      const chain = chainOf(await headId(pool), told);
      const kept = chain.slice(-keep).map(({ id }) => id);
      // What waits may belong to a lifecycle that is still on its way, and is yet to become a sitrep.
      const left = [...(await ids(pool, SITREPS)), ...(await ids(pool, SUBMISSIONS))];
      return isDeepStrictEqual(left.toSorted(), kept.toSorted());
    },
    PATIENCE,
  );

  await checkInvariants(pool, { keep });
  const chain = chainOf(await headId(pool), told);
  const history = 'SELECT sitrep_id AS id FROM fm_sitrep_history ORDER BY version';
  expect(await ids(pool, history)).toEqual(chain.slice(-keep).map(({ id }) => id));
  for (const [version, id] of told.versions) expect(chain[version - 1]?.id, `version ${version}`).toBe(id);
  const onChain = new Set(chain.map(({ id }) => id));
  expect(told.lost.filter((id) => onChain.has(id))).toEqual([]);

  const asked = requestIds(chain.at(-1) as Sent);
  const alerts = await ids(pool, 'SELECT id FROM alert');
  expect(alerts.toSorted()).toEqual(asked.filter((id) => !told.deleted.has(id)).toSorted());
  expect((await ids(pool, 'SELECT alert_id AS id FROM rendezvous_alert_created')).toSorted()).toEqual(
    asked.toSorted(),
  );
  await untilLifecyclesRest(client, chain, keep, told);
}

async function untilLifecyclesRest(client: Client, chain: Sent[], keep: number, told: Told): Promise<void> {
  const places = new Map(chain.map(({ id }, index) => [id, chain.length - index]));
  for (const id of told.sent.keys()) {
    const place = places.get(id);
    const rests = place === undefined ? LOST : place > keep ? COLLECTED : place > 1 ? SUPERSEDED : CURRENT;
    const state = () => lifecycleState(client, id);
    await until(`${id} rests as ${rests}`, async () => rests.test(await state()), PATIENCE).catch(
      async (error: unknown) => {
        throw new Error(`It is ${await state()}.`, { cause: error });
      },
    );
  }
}
const CURRENT = /^RUNNING, current$/;
const SUPERSEDED = /^RUNNING, superseded$/;
const COLLECTED = /^COMPLETED, collected$/;
/** Orphaned and collected, refused by its lifecycle, or refused before it had one. */
const LOST = /^(COMPLETED, collected|FAILED, refused|none)$/;

/** From the first version to the head, by the parents that the documents name. */
function chainOf(head: string, { sent }: Told): Sent[] {
  const chain: Sent[] = [];
  for (let id: string | null | undefined = head; id; id = chain[0]?.parentId) {
    const document = sent.get(id);
    if (!document) throw new Error(`Nobody has sent ${id}.`);
    chain.unshift(document);
  }
  return chain;
}

async function headId(pool: pg.Pool): Promise<string> {
  const [id] = await ids(pool, 'SELECT sitrep_id AS id FROM fm_sitrep_head');
  return id as string;
}

async function ids(pool: pg.Pool, statement: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(statement);
  return rows.map(({ id }) => id);
}
