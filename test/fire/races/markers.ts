import { expect } from 'vitest';
import { collectMarkers } from '../../../src/store/marker.ts';
import { rendezvous } from '../../../src/store/rendezvous.ts';
import { commitAndMeet, insert, swap } from '../../support/commit.ts';
import { aCase, aChildOf, aRequest, aSitrep, requestIds, type Sent } from '../../support/document.ts';
import type { Random } from '../random.ts';
import type { Arena } from './arena.ts';
import type { Place } from './instrument.ts';
import type { Race } from './race.ts';

const FUNCTION = 'fm_collect_marker_chunk';
const LOOK = 'SELECT h.sitrep_id INTO STRICT head_id FROM fm_sitrep_head h;';
const LOCK = 'LOCK TABLE fm_sitrep_head IN SHARE MODE;';

/** A head that is met, and a child of it that asks for one thing more and waits to be made current. */
async function headAndChild(arena: Arena, random: Random): Promise<[Sent, Sent]> {
  const old = aSitrep({ parentId: await arena.ground(random) }, 1 + random.below(3));
  await commitAndMeet(arena.pool, old);
  const next = aChildOf(old, { cases: [...old.cases, aCase({ alertRequests: [aRequest()] })] });
  await insert(arena.pool, next);
  return [old, next];
}

export const newHeadDuringCollection: Race = {
  name: '[I17] [I19] a new head and its rendezvous in the middle of a collection of markers',
  async run(arena, random) {
    const [, next] = await headAndChild(arena, random);
    const gate = await arena.gate('slow', { function: FUNCTION, after: LOOK });
    const [slow, quick] = [await arena.actor('slow'), await arena.actor('quick')];
    const collection = arena.begin(collectMarkers(slow));
    await gate.reached(collection);
    const made = arena.begin(swap(quick, next));
    if (await arena.endsBeforeItWaits('quick', made)) await rendezvous(quick, next.id);
    await gate.open();
    await Promise.all([collection, made]);
    await rendezvous(quick, next.id);
    await expectMarkersOf(arena, next);
  },
};

export const collectionWaitedForACommit: Race = {
  name: '[I17] [I19] a collection of markers that waited for the commit of another head, and is slow after it',
  async run(arena, random) {
    const [, next] = await headAndChild(arena, random);
    const inTheCommit = await arena.gate('committer', {
      function: 'fm_make_current',
      after: 'released := fm_prune_history(p_keep, p_prune_limit);',
    });
    const afterTheLock = await arena.gate('slow', { function: FUNCTION, after: LOCK });
    const [committer, slow] = [await arena.actor('committer'), await arena.actor('slow')];
    const made = arena.begin(swap(committer, next));
    await inTheCommit.reached(made);
    const collection = arena.begin(collectMarkers(slow));
    await arena.endsBeforeItWaits('slow', collection);
    await inTheCommit.open();
    await made;
    await afterTheLock.reached(collection);
    await rendezvous(committer, next.id);
    await afterTheLock.open();
    await collection;
    await expectMarkersOf(arena, next);
  },
};

export const twoCollections: Race = {
  name: '[I17] [I24] two collections of markers at once: the second does not wait, for it would keep commits waiting',
  async run(arena, random) {
    const old = aSitrep({ parentId: await arena.ground(random) }, 2 + random.below(4));
    await commitAndMeet(arena.pool, old);
    const next = aSitrep({ parentId: old.id }, 1);
    await commitAndMeet(arena.pool, next);
    const deleting: Place = { trigger: 'DELETE', on: 'rendezvous_alert_created' };
    const gate = await arena.gate('slow', deleting);
    const [slow, quick] = [await arena.actor('slow'), await arena.actor('quick')];
    const first = arena.begin(collectMarkers(slow));
    await gate.reached(first);
    const second = arena.begin(collectMarkers(quick));
    expect(await arena.endsBeforeItWaits('quick', second), 'the second ends without waiting').toBe(true);
    await gate.open();
    await Promise.all([first, second]);
    await expectMarkersOf(arena, next);
  },
};

export const markersBeforeHistory: Race = {
  name: '[I17] a collection of markers while there is no head to compare with',
  async run(arena) {
    await arena.pool.query(
      'INSERT INTO rendezvous_alert_created SELECT gen_random_uuid(), gen_random_uuid()',
    );
    const deleted: string[] = [];
    await collectMarkers(arena.pool, (ids) => deleted.push(...ids));
    expect(deleted, 'markers that went').toEqual([]);
  },
};

async function expectMarkersOf(arena: Arena, head: Sent): Promise<void> {
  const { rows } = await arena.pool.query<{ id: string }>(
    'SELECT alert_id AS id FROM rendezvous_alert_created',
  );
  const markers = rows.map(({ id }) => id);
  expect(markers, 'the markers that are left').toEqual(expect.arrayContaining(requestIds(head)));
}
