import type { Client } from '@temporalio/client';
import type pg from 'pg';
import { type Found, RELEASED_SIGNAL, SUPERSEDED_SIGNAL, workflowIdOf } from '../model/lifecycle.ts';
import { sitrepsToTend, type Tended } from '../store/leftover.ts';
import { deleteSitreps } from '../store/sitrep-delete.ts';
import { foundNothing, note } from './found.ts';
import {
  type LifecycleStanding,
  lifecycleStanding,
  mapBounded,
  signalLifecycle,
} from './lifecycle-standing.ts';

export interface Swept {
  signalsSent: Found;
  sitrepsDeleted: Found;
}

/** How long sitreps are to stay. */
interface Bounds {
  keepVersions: number;
  graceSeconds: number;
  /**
   * Who came to be what it is within this time is signalled, but not counted: it may be about to be. With patience, one
   * whose lifecycle is busy is passed over.
   */
  patienceSeconds: number;
}

type Remedy = typeof SUPERSEDED_SIGNAL | typeof RELEASED_SIGNAL | 'delete' | null;

const PAGE = 100;

/** Holds each sitrep but the head against its lifecycle: signals what waits in vain, deletes what nobody will. */
export async function sweepSitreps(
  pool: pg.Pool,
  client: Client,
  { keepVersions, graceSeconds, patienceSeconds }: Bounds,
  dryRun: boolean,
  progress: (swept: Swept) => void,
): Promise<Swept> {
  const swept: Swept = { signalsSent: foundNothing(), sitrepsDeleted: foundNothing() };
  let after: string | null = null;
  for (;;) {
    const page: Tended[] = await sitrepsToTend(
      pool,
      keepVersions,
      graceSeconds,
      after,
      PAGE,
      patienceSeconds,
    );
    await sweepPage(pool, client, page, patienceSeconds > 0, dryRun, swept);
    after = page.at(-1)?.id ?? null;
    if (page.length < PAGE) return swept;
    progress(swept);
  }
}

async function sweepPage(
  pool: pg.Pool,
  client: Client,
  page: Tended[],
  isPatient: boolean,
  dryRun: boolean,
  swept: Swept,
): Promise<void> {
  const remedies = await mapBounded(page, async (sitrep) => {
    const lifecycle = await lifecycleStanding(client, workflowIdOf(sitrep.id));
    const remedy = remedyFor(sitrep, lifecycle);
    const isSignal = remedy === SUPERSEDED_SIGNAL || remedy === RELEASED_SIGNAL;
    if (isSignal && isPatient && lifecycle.isBusy) return null;
    if (!isSignal || dryRun) return remedy;
    return (await signalLifecycle(client, workflowIdOf(sitrep.id), remedy)) ? remedy : null;
  });
  const doomed = page.filter((_, index) => remedies[index] === 'delete').map(({ id }) => id);
  const signalled = page.filter(
    ({ isFresh }, index) => remedies[index] && remedies[index] !== 'delete' && !isFresh,
  );
  note(
    swept.signalsSent,
    signalled.map(({ id }) => id),
  );
  note(swept.sitrepsDeleted, dryRun ? doomed : await deleteClosed(pool, doomed));
}

async function deleteClosed(pool: pg.Pool, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const { deleted } = await deleteSitreps(
    pool,
    ids.map((id) => ({ id, lifecycleOpen: false })),
  );
  return deleted;
}

function remedyFor({ state, graceOver }: Tended, lifecycle: LifecycleStanding): Remedy {
  switch (state) {
    case 'superseded':
      return lifecycle.open && lifecycle.state === 'current' ? SUPERSEDED_SIGNAL : null;
    case 'released':
      return lifecycle.open ? RELEASED_SIGNAL : 'delete';
    case 'inserted':
    case 'orphaned':
      return !lifecycle.open && graceOver ? 'delete' : null;
    default:
      return null;
  }
}
