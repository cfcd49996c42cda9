import { expect } from 'vitest';
import { pruneHistory } from '../../../src/store/history-prune.ts';
import { sitrepState } from '../../../src/store/sitrep-read.ts';
import { commit, insert, swap } from '../../support/commit.ts';
import { aChildOf, aSitrep, type Sent } from '../../support/document.ts';
import type { Random } from '../random.ts';
import type { Arena } from './arena.ts';
import type { Place } from './instrument.ts';
import type { Race } from './race.ts';

/** It has swapped the head and taken its place in history, and has not committed. */
const BEFORE_ITS_END: Place = {
  function: 'fm_make_current',
  after: 'released := fm_prune_history(p_keep, p_prune_limit);',
};

export const retryDuringCommit: Race = {
  name: '[I8] a retry of a make-current while the first attempt is still committing',
  async run(arena, random) {
    const sent = aSitrep({ parentId: await arena.ground(random) }, 1);
    await insert(arena.pool, sent);
    const gate = await arena.gate('first', BEFORE_ITS_END);
    const [first, retry] = [await arena.actor('first'), await arena.actor('retry')];
    const attempt = arena.begin(swap(first, sent));
    await gate.reached(attempt);
    const again = arena.begin(swap(retry, sent));
    await arena.endsBeforeItWaits('retry', again);
    await gate.open();
    expect(await again, 'the retry').toEqual(await attempt);
    expect(await swap(retry, sent), 'a later retry').toEqual(await attempt);
  },
};

export const insertDuringCommit: Race = {
  name: '[I5] a commit that comes just before the insert of its sitrep, and looks up just after it what became of it',
  async run(arena, random) {
    const sent = aSitrep({ parentId: await arena.ground(random) }, 1);
    const gate = await arena.gate('early', {
      function: 'fm_make_current',
      before: 'SELECT hist.version, h.sitrep_id',
    });
    const early = arena.begin(swap(await arena.actor('early'), sent));
    await gate.reached(early);
    await insert(arena.pool, sent);
    await gate.open();
    expect(await early, 'the commit').toMatchObject({ kind: 'current', isHead: true });
    expect(await swap(arena.pool, sent), 'a later retry').toMatchObject({ kind: 'current' });
  },
};

function rivals(name: string, parent: (arena: Arena, random: Random) => Promise<string | null>): Race {
  return {
    name,
    async run(arena, random) {
      const parentId = await parent(arena, random);
      const [winner, loser] = [aSitrep({ parentId }, 1), aSitrep({ parentId }, 1)];
      await insert(arena.pool, winner);
      await insert(arena.pool, loser);
      const gate = await arena.gate('winner', BEFORE_ITS_END);
      const [first, second] = [await arena.actor('winner'), await arena.actor('loser')];
      const won = arena.begin(swap(first, winner));
      await gate.reached(won);
      const lost = arena.begin(swap(second, loser));
      await arena.endsBeforeItWaits('loser', lost);
      await gate.open();
      expect(await won, 'the first').toMatchObject({ kind: 'current', isHead: true });
      expect(await lost, 'the second').toMatchObject({ kind: 'parentNotCurrent' });
      expect(await swap(second, loser), 'the second, again').toMatchObject({ kind: 'parentNotCurrent' });
    },
  };
}

export const twoRivals = rivals('[I5] two commits on one parent', async (arena, random) => {
  const parent = aSitrep({ parentId: await arena.ground(random) }, 1);
  await commit(arena.pool, parent);
  return parent.id;
});
export const twoFirsts = rivals('[I4] [I5] two first sitreps', async () => null);

export const commitOfNothing: Race = {
  name: '[I4] [I6] a make-current of a sitrep that is not there, as its first parent would be',
  async run(arena) {
    expect(await swap(arena.pool, aSitrep())).toEqual({ kind: 'sitrepGone' });
  },
};

export const releasedAgain: Race = {
  name: '[I3] [I7] a make-current of what was pruned from history, the first sitrep of all among it',
  async run(arena, random) {
    const [first, second] = (await aChain(arena, random, 2)) as [Sent, Sent];
    await pruneHistory(arena.pool, 1, 1000);
    expect(await swap(arena.pool, first)).toEqual({ kind: 'released' });
    expect(await swap(arena.pool, second)).toMatchObject({ kind: 'current', isHead: true });
  },
};

export const twoPrunes: Race = {
  name: '[I2] [I24] [I25] two prunes at once, which must not count the same versions',
  async run(arena, random) {
    const keep = 1 + random.below(3);
    const chain = await aChain(arena, random, keep + 4);
    await pruneHistory(arena.pool, keep + 4, 1000);
    const gate = await arena.gate('slow', { trigger: 'DELETE', on: 'fm_sitrep_history' });
    const [slow, quick] = [await arena.actor('slow'), await arena.actor('quick')];
    const first = arena.begin(pruneHistory(slow, keep, 2));
    await gate.reached(first);
    const second = arena.begin(pruneHistory(quick, keep, 2));
    await arena.endsBeforeItWaits('quick', second);
    await gate.open();
    const released = [...(await first), ...(await second)];
    expect(released, 'what the two took').toEqual(chain.slice(0, 4).map(({ id }) => id));
  },
};

export const pruneToNothing: Race = {
  name: '[I21] [I25] a prune that is to keep nothing',
  async run(arena, random) {
    const chain = await aChain(arena, random, 3);
    await pruneHistory(arena.pool, -random.below(3), 1000);
    const last = chain.at(-1)?.id ?? '';
    expect(await sitrepState(arena.pool, last), 'the head').toMatchObject({ state: 'current' });
  },
};

async function aChain(arena: Arena, random: Random, length: number): Promise<Sent[]> {
  const chain = [aSitrep({ parentId: await arena.ground(random) }, 1)];
  for (let last = chain[0]; last && chain.length < length; chain.push(last)) last = aChildOf(last);
  for (const sent of chain) await commit(arena.pool, sent);
  return chain;
}
