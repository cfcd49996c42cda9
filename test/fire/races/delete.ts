import { expect } from 'vitest';
import { deleteSitreps } from '../../../src/store/sitrep-delete.ts';
import { readSitrep, sitrepState } from '../../../src/store/sitrep-read.ts';
import { commit, insert, swap } from '../../support/commit.ts';
import { aSitrep, type Sent } from '../../support/document.ts';
import { childTables } from '../../support/invariants.ts';
import type { Random } from '../random.ts';
import type { Arena } from './arena.ts';
import type { Race } from './race.ts';

const FIRST_DELETION = 'DELETE FROM fm_alert_request';

/** Children of the head that wait to be made current. */
async function undecided(arena: Arena, random: Random, count: number): Promise<Sent[]> {
  const head = aSitrep({ parentId: await arena.ground(random) }, random.below(3));
  await commit(arena.pool, head);
  const children = Array.from({ length: count }, () => aSitrep({ parentId: head.id }, 1 + random.below(3)));
  for (const child of children) await insert(arena.pool, child);
  return children;
}

export const commitDuringDeletion: Race = {
  name: '[I6] [I21] a commit of a sitrep between the look and the deletion of it, among others',
  async run(arena, random) {
    const [saved, lost] = (await undecided(arena, random, 2)) as [Sent, Sent];
    const gate = await arena.gate('deleter', { beforeStatement: FIRST_DELETION });
    const [deleter, committer] = [await arena.actor('deleter'), await arena.actor('committer')];
    const doomed = [saved, lost].map(({ id }) => ({ id, lifecycleOpen: false }));
    const deletion = arena.begin(deleteSitreps(deleter, doomed));
    await gate.reached(deletion);
    const made = arena.begin(swap(committer, saved));
    expect(await arena.endsBeforeItWaits('committer', made), 'the commit ends without waiting').toBe(true);
    await gate.open();
    expect(await made).toMatchObject({ kind: 'current' });
    expect(await deletion, 'the deletion').toEqual({ deleted: [lost.id], refused: [saved.id] });
    expect(await readSitrep(arena.pool, 'current')).toMatchObject({ id: saved.id });
  },
};

export const deletionDuringCommit: Race = {
  name: '[I6] [I21] a deletion of a sitrep between its swap of the head and its place in history',
  async run(arena, random) {
    const [sent] = (await undecided(arena, random, 1)) as [Sent];
    const gate = await arena.gate('committer', {
      function: 'fm_make_current',
      before: 'INSERT INTO fm_sitrep_history',
    });
    const [committer, deleter] = [await arena.actor('committer'), await arena.actor('deleter')];
    const made = arena.begin(swap(committer, sent));
    await gate.reached(made);
    const deletion = arena.begin(deleteSitreps(deleter, [{ id: sent.id, lifecycleOpen: false }]));
    await arena.endsBeforeItWaits('deleter', deletion);
    await gate.open();
    expect(await made, 'the commit').toEqual({ kind: 'sitrepGone' });
    expect(await deletion, 'the deletion').toEqual({ deleted: [sent.id], refused: [] });
  },
};

export const twoDeletions: Race = {
  name: '[I23] two deletions of the same sitreps at once',
  async run(arena, random) {
    const sent = await undecided(arena, random, 1 + random.below(4));
    const gate = await arena.gate('slow', { beforeStatement: 'CROSS JOIN fm_sitrep_head' });
    const [slow, quick] = [await arena.actor('slow'), await arena.actor('quick')];
    const doomed = sent.map(({ id }) => ({ id, lifecycleOpen: false }));
    const first = arena.begin(deleteSitreps(slow, doomed));
    await gate.reached(first);
    const second = arena.begin(deleteSitreps(quick, doomed.toReversed()));
    await arena.endsBeforeItWaits('quick', second);
    await gate.open();
    const both = [await first, await second];
    const ids = sent.map(({ id }) => id).sort();
    expect(
      both.flatMap(({ refused }) => refused),
      'what they say must stay',
    ).toEqual([]);
    expect(both.flatMap(({ deleted }) => deleted).sort(), 'what they say they deleted').toEqual(ids);
  },
};

export const undecidedChild: Race = {
  name: '[I21] a deletion of an undecided child of the head, whose open lifecycle then makes it current',
  async run(arena, random) {
    const [sent] = (await undecided(arena, random, 1)) as [Sent];
    const deletion = await deleteSitreps(arena.pool, [{ id: sent.id, lifecycleOpen: true }]);
    expect(await swap(arena.pool, sent), 'the commit').toMatchObject({ kind: 'current' });
    expect(deletion).toEqual({ deleted: [], refused: [sent.id] });
  },
};

export const deletionBeforeHistory: Race = {
  name: '[I22] a deletion while there is no history, which cannot tell who has lost',
  async run(arena) {
    const sent = aSitrep();
    await insert(arena.pool, sent);
    const deletion = await deleteSitreps(arena.pool, [{ id: sent.id, lifecycleOpen: false }]);
    expect(deletion.deleted, 'what went').toEqual([]);
    expect(deletion.refused, 'what stays').toEqual([sent.id]);
    expect(await sitrepState(arena.pool, sent.id)).toMatchObject({ state: 'inserted' });
  },
};

export const deletionOfHistory: Race = {
  name: '[I21] a deletion of what is in history, alone and among others',
  async run(arena, random) {
    const [next, lost] = (await undecided(arena, random, 2)) as [Sent, Sent];
    await commit(arena.pool, next);
    const ids = [next.parentId ?? '', next.id];
    const doomed = [...ids, lost.id].map((id) => ({ id, lifecycleOpen: false }));
    const { deleted, refused } = await deleteSitreps(arena.pool, doomed);
    expect(deleted, 'what went').toEqual([lost.id]);
    expect(refused.sort(), 'what stays').toEqual(ids.sort());
  },
};

export const wholeDeletion: Race = {
  name: '[I23] a deletion of a sitrep that has children of every kind',
  async run(arena, random) {
    const [other] = (await undecided(arena, random, 1)) as [Sent];
    const sent = aSitrep({ parentId: other.parentId });
    sent.cases[0]?.ereports?.push({ restartId: sent.id, ena: '1' });
    await insert(arena.pool, sent);
    for (const table of await childTables(arena.pool)) {
      const { rowCount } = await arena.pool.query(`SELECT FROM ${table} WHERE sitrep_id = $1`, [sent.id]);
      expect(rowCount, table).toBeGreaterThan(0);
    }
    await deleteSitreps(arena.pool, [{ id: sent.id, lifecycleOpen: false }]);
  },
};
