import type pg from 'pg';
import { expect } from 'vitest';
import { rendezvous } from '../../../src/store/rendezvous.ts';
import { sqlState } from '../../../src/store/transaction.ts';
import { commit, insert, swap } from '../../support/commit.ts';
import { aSitrep, type Sent } from '../../support/document.ts';
import type { Random } from '../random.ts';
import type { Arena } from './arena.ts';
import type { Race } from './race.ts';

const LOCK_TIMEOUT = '55P03';
/** Time-outs are shorter by this factor: all of them, so that none gains on another. */
const HASTE = 50;

async function headAndChild(arena: Arena, random: Random): Promise<[Sent, Sent]> {
  const head = aSitrep({ parentId: await arena.ground(random) }, 1);
  await commit(arena.pool, head);
  const child = aSitrep({ parentId: head.id }, 1);
  await insert(arena.pool, child);
  return [head, child];
}

/** As an activity does: again and again, as long as it is only kept waiting, but not for ever. */
async function swapPatiently(pool: pg.Pool, sent: Sent): Promise<void> {
  for (let left = 20; ; left--) {
    try {
      expect(await swap(pool, sent)).toMatchObject({ kind: 'current' });
      return;
    } catch (error) {
      if (sqlState(error) !== LOCK_TIMEOUT || left === 0) throw error;
    }
  }
}

export const goneHolder: Race = {
  name: '[I28] a holder of the head whose client is gone',
  async run(arena, random) {
    const [, child] = await headAndChild(arena, random);
    const holder = await (await arena.actor('holder', { haste: HASTE })).connect();
    try {
      await holder.query('BEGIN');
      await holder.query('UPDATE fm_sitrep_head SET version = version');
      await swapPatiently(await arena.actor('committer', { haste: HASTE }), child);
    } finally {
      holder.release(true);
    }
  },
};

export const endlessHolder: Race = {
  name: '[I28] a holder of the head whose statement does not end',
  async run(arena, random) {
    const [head, child] = await headAndChild(arena, random);
    await arena.hang('holder', {
      function: 'fm_rendezvous_alert_chunk',
      after: 'SELECT * INTO STRICT head FROM fm_sitrep_head;',
    });
    const held = arena.begin(rendezvous(await arena.actor('holder', { haste: HASTE }), head.id));
    await arena.hangsOrEnds('holder', held);
    const committer = await arena.actor('committer', { haste: HASTE });
    const waits = arena.begin(swap(committer, child));
    await arena.endsBeforeItWaits('committer', waits);
    await waits.catch(() => {});
    await swapPatiently(committer, child);
    await expect(held).rejects.toThrow('statement timeout');
  },
};

export const waiterForTheHead: Race = {
  name: '[I28] a rendezvous that waits for the head gives up before the statement’s time is over',
  async run(arena, random) {
    const [head] = await headAndChild(arena, random);
    const waiter = await arena.actor('waiter', { haste: HASTE });
    const holder = await arena.pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('UPDATE fm_sitrep_head SET version = version');
      await expect(rendezvous(waiter, head.id)).rejects.toThrow('lock timeout');
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
  },
};
