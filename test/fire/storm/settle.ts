import type pg from 'pg';
import { expect } from 'vitest';
import { pruneHistory } from '../../../src/store/history-prune.ts';
import { FROM_THE_START, rendezvous } from '../../../src/store/rendezvous.ts';
import { deleteSitreps } from '../../../src/store/sitrep-delete.ts';
import { checkInvariants } from '../../support/invariants.ts';
import { readTables, tablesOf } from '../model/tables.ts';
import { emptyWorld, requestsOf } from '../model/world.ts';
import { KEEP } from './hand.ts';
import type { Ledger } from './ledger.ts';

/** When the storm is over: does the rest of the work, and holds all that was answered against what is there. */
export async function settle(pool: pg.Pool, ledger: Ledger): Promise<void> {
  await checkInvariants(pool, { keep: KEEP });
  await finish(pool, ledger);
  await checkInvariants(pool, { keep: KEEP });
  await compareHistory(pool, ledger);
  await compareAlerts(pool, ledger);
}

async function finish(pool: pg.Pool, ledger: Ledger): Promise<void> {
  ledger.released.push(...(await pruneHistory(pool, KEEP, 1_000_000)));
  const everyone = ledger.sent.map(({ sitrep }) => ({ id: sitrep.id, lifecycleOpen: false }));
  await deleteSitreps(pool, everyone);
  const head = ledger.newest;
  if (head) ledger.alertsMade += (await rendezvous(pool, head.id, FROM_THE_START)).created;
}

/** History is the chain of the winners, of which the newest are left, each as it was written; nothing else is. */
async function compareHistory(pool: pg.Pool, ledger: Ledger): Promise<void> {
  const chain = [...ledger.versions].sort(([, a], [, b]) => a - b);
  expect(chain.map(([, version]) => version)).toEqual(chain.map((_, index) => index + 1));
  const released = chain.slice(0, -KEEP).map(([id]) => id);
  expect([...ledger.released].sort()).toEqual(released.sort());

  const world = emptyWorld();
  world.history = chain.slice(-KEEP).map(([sitrepId, version]) => ({ sitrepId, version }));
  const last = ledger.newest;
  if (last) world.head = { version: chain.length, sitrepId: last.id, generation: last.generation };
  for (const { sitrepId } of world.history) world.sitreps.set(sitrepId, ledger.sitrep(sitrepId));
  const found = await readTables(pool);
  const meant = tablesOf(world);
  for (const table of ['head', 'history', 'sitreps', 'cases', 'ereports', 'requests']) {
    expect({ [table]: found[table] }).toEqual({ [table]: meant[table] });
  }
}

/**
 * Marker and alert are written together, and each goes by itself. So of each id as many alerts were made (those that
 * are there, and those that were deleted) as markers, and all in all as many as the rendezvous said.
 */
async function compareAlerts(pool: pg.Pool, ledger: Ledger): Promise<void> {
  const { alerts = [], markers = [] } = await readTables(pool);
  const alertIds = alerts.map(([id]) => String(id));
  const markerIds = markers.map(([id]) => String(id));
  const ids = [...new Set([...alertIds, ...markerIds, ...ledger.accounts.keys()])].sort();
  const count = (list: string[], id: string) => (list.includes(id) ? 1 : 0);
  const made = ids.map((id) => ({ id, made: count(alertIds, id) + ledger.account(id).deleted }));
  const marked = ids.map((id) => ({ id, made: count(markerIds, id) + ledger.account(id).markersCollected }));
  expect(made).toEqual(marked);
  expect(made.reduce((sum, one) => sum + one.made, 0)).toBe(ledger.alertsMade);
  expect(markerIds).toEqual(expect.arrayContaining(requestsOf(ledger.newest).map(({ id }) => id)));
}
