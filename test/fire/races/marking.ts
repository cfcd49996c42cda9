import { expect } from 'vitest';
import { newId } from '../../../src/model/id.ts';
import { readForAnalysis } from '../../../src/store/analysis-inputs.ts';
import { writeEreports } from '../../../src/store/ereport.ts';
import { markSeen } from '../../../src/store/mark-seen.ts';
import { rendezvous } from '../../../src/store/rendezvous.ts';
import { setAside } from '../../../src/store/set-aside.ts';
import { commit, insert, swap } from '../../support/commit.ts';
import { aCase, aChildOf, aSitrep, type Sent } from '../../support/document.ts';
import { ereportsOf, type SentEreport, taken } from '../../support/ereports.ts';
import type { Random } from '../random.ts';
import type { Arena } from './arena.ts';
import type { Place } from './instrument.ts';
import type { Race } from './race.ts';

const FUNCTION = 'fm_mark_seen_chunk';
/** It has locked the head and looked at it, and has marked nothing. */
const AFTER_THE_LOOK: Place = { function: FUNCTION, after: 'SELECT * INTO STRICT head FROM fm_sitrep_head;' };
/** It has marked a chunk, and has not committed. */
const MARKED: Place = { function: FUNCTION, before: 'examined := examined + assigned;' };

/** Ereports, and a head that has all of them in one case. */
async function headWithEreports(
  arena: Arena,
  random: Random,
  count = 2 + random.below(4),
): Promise<{ head: Sent; ereports: SentEreport[] }> {
  const ereports = ereportsOf(newId(), count);
  await writeEreports(arena.pool, ereports.map(taken));
  const oneCase = aCase({ ereports: ereports.map(({ restartId, ena }) => ({ restartId, ena })) });
  const head = aSitrep({ parentId: await arena.ground(random), cases: [oneCase] });
  await commit(arena.pool, head);
  return { head, ereports };
}

/** What became of each ereport, in order of ENA. */
async function standings({ pool }: Arena): Promise<{ seenIn: string | null; setAside: string | null }[]> {
  const { rows } = await pool.query(
    `SELECT marked_seen_in AS "seenIn", set_aside AS "setAside" FROM ereport ORDER BY restart_id, ena`,
  );
  return rows;
}

const seen = async (arena: Arena) => (await standings(arena)).map(({ seenIn }) => seenIn);

/** The numbers of those that an analysis would read as new. */
async function newOnes({ pool }: Arena): Promise<number[]> {
  const { arrived } = await readForAnalysis(pool, { most: 100, undecided: 0 });
  return arrived.map(({ ena }) => Number(ena)).sort();
}

export const slowMarking: Race = {
  name: '[I43] a slow marking for an old sitrep, while one becomes current that has its case no more, and is analysed',
  async run(arena, random) {
    const { head, ereports } = await headWithEreports(arena, random);
    const next = aChildOf(head, { cases: [] });
    await insert(arena.pool, next);
    const gate = await arena.gate('slow', AFTER_THE_LOOK);
    const [slow, quick] = [await arena.actor('slow'), await arena.actor('quick')];
    const marking = arena.begin(markSeen(slow, head.id));
    await gate.reached(marking);
    const made = arena.begin(swap(quick, next));
    const isMade = await arena.endsBeforeItWaits('quick', made);
    const readMeanwhile = isMade ? await newOnes(arena) : [];
    await gate.open();
    await Promise.all([marking, made]);
    const marks = await seen(arena);
    expect(
      readMeanwhile.filter((ena) => marks[ena - 1] !== null),
      'read as new, and marked as seen all the same',
    ).toEqual([]);
    const left = await newOnes(arena);
    expect(left.length + marks.filter((mark) => mark !== null).length, 'new or seen').toBe(ereports.length);
  },
};

export const markingWaitedForACommit: Race = {
  name: '[I43] a marking that waited for the commit of another head',
  async run(arena, random) {
    const { head } = await headWithEreports(arena, random);
    const next = aChildOf(head, { cases: [] });
    await insert(arena.pool, next);
    const gate = await arena.gate('committer', {
      function: 'fm_make_current',
      after: 'released := fm_prune_history(p_keep, p_prune_limit);',
    });
    const [committer, late] = [await arena.actor('committer'), await arena.actor('late')];
    const made = arena.begin(swap(committer, next));
    await gate.reached(made);
    const outcome = arena.begin(markSeen(late, head.id));
    await arena.endsBeforeItWaits('late', outcome);
    await gate.open();
    await made;
    const { kind } = await outcome;
    const marks = (await seen(arena)).filter((mark) => mark !== null);
    expect(marks.length, 'ereports that were marked').toBe(0);
    expect(kind, 'the marking for the old sitrep').toBe('stale');
  },
};

function twoMarkings(where: string, place: Place): Race {
  return {
    name: `[I43] two markings of one sitrep, one of them stopped ${where}`,
    async run(arena, random) {
      const { head, ereports } = await headWithEreports(arena, random);
      const chunk = 1 + random.below(ereports.length);
      const gate = await arena.gate('slow', place);
      const [slow, quick] = [await arena.actor('slow'), await arena.actor('quick')];
      const first = arena.begin(markSeen(slow, head.id, { chunk, thorough: true }));
      await gate.reached(first);
      const second = arena.begin(markSeen(quick, head.id, { chunk, thorough: true }));
      await arena.endsBeforeItWaits('quick', second);
      await gate.open();
      const marked = (await first).marked + (await second).marked;
      expect(marked, 'ereports that the two say they marked').toBe(ereports.length);
      expect(await seen(arena)).toEqual(ereports.map(() => head.id));
    },
  };
}

export const twoMarkingsAfterTheLook = twoMarkings('after its look at the head', AFTER_THE_LOOK);
export const twoMarkingsBeforeTheCommit = twoMarkings('before its commit', MARKED);

export const markingAndRendezvous: Race = {
  name: '[I28] [I43] a marking and a rendezvous, each with its locks, while a commit waits for the head',
  async run(arena, random) {
    const { head, ereports } = await headWithEreports(arena, random);
    const next = aChildOf(head);
    await insert(arena.pool, next);
    const marksAt = await arena.gate('marker', { function: FUNCTION, after: LOCK });
    const meetsAt = await arena.gate('meeter', { function: 'fm_rendezvous_alert_chunk', before: LOCK });
    const [marker, meeter] = [await arena.actor('marker'), await arena.actor('meeter')];
    const committer = await arena.actor('committer');
    const marking = arena.begin(markSeen(marker, head.id));
    await marksAt.reached(marking);
    const meeting = arena.begin(rendezvous(meeter, head.id));
    await arena.endsBeforeItWaits('meeter', Promise.race([meeting, meetsAt.reached(meeting)]));
    const made = arena.begin(swap(committer, next));
    await arena.endsBeforeItWaits('committer', made);
    await meetsAt.open();
    await arena.endsBeforeItWaits('meeter', meeting);
    await marksAt.open();
    expect(await made).toMatchObject({ kind: 'current' });
    await Promise.all([marking, meeting]);
    await markSeen(arena.pool, next.id);
    expect(await seen(arena)).not.toContain(null);
    expect(ereports.length).toBe((await seen(arena)).length);
  },
};
const LOCK = 'LOCK TABLE fm_sitrep_head IN SHARE MODE;';

export const cutOffMarking: Race = {
  name: '[I43] a marking that is cut off after a chunk, and begun again',
  async run(arena, random) {
    const { head, ereports } = await headWithEreports(arena, random);
    const onChunk = () => {
      throw new Error('cut off');
    };
    await expect(markSeen(arena.pool, head.id, { chunk: 1, onChunk })).rejects.toThrow('cut off');
    await markSeen(arena.pool, head.id);
    expect(await seen(arena), 'the marks').toEqual(ereports.map(() => head.id));
  },
};

export const markedHead: Race = {
  name: '[I43] markings of a head whose ereports are marked, any number at once',
  async run(arena, random) {
    const { head } = await headWithEreports(arena, random);
    await markSeen(arena.pool, head.id);
    const state = 'SELECT xmin::text, * FROM fm_rendezvous_progress ORDER BY kind';
    const before = (await arena.pool.query(state)).rows;
    const [plain] = await Promise.all(
      [false, true].map((thorough) => markSeen(arena.pool, head.id, { thorough })),
    );
    expect((await arena.pool.query(state)).rows, 'the progress row').toEqual(before);
    expect(plain?.examined, 'assignments that were looked at again').toBe(0);
  },
};

export const carriedOn: Race = {
  name: '[I43] a marking for the next sitrep, which carries the same ereports on',
  async run(arena, random) {
    const { head, ereports } = await headWithEreports(arena, random);
    await markSeen(arena.pool, head.id);
    const next = aChildOf(head);
    await commit(arena.pool, next);
    await markSeen(arena.pool, next.id);
    expect(await seen(arena), 'the sitrep that had them first').toEqual(ereports.map(() => head.id));
  },
};

/** Somebody else holds the middle one of three, so that both have locked one when they meet. */
export const marksAndSetsAside: Race = {
  name: '[I43] [I46] a marking and an analysis that sets aside, in the middle of the same ereports',
  async run(arena, random) {
    const { head, ereports } = await headWithEreports(arena, random, 3);
    const [analysis, marker] = [await arena.actor('analysis'), await arena.actor('marker')];
    const holder = await arena.pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM ereport WHERE ena = 2 FOR UPDATE');
      const aside = arena.begin(setAside(analysis, ereports, 'ignored'));
      await arena.endsBeforeItWaits('analysis', aside);
      const marking = arena.begin(markSeen(marker, head.id));
      await arena.endsBeforeItWaits('marker', marking);
      await holder.query('ROLLBACK');
      await Promise.all([aside, marking]);
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    expect(await standings(arena), 'the ereports').toEqual(
      ereports.map(() => ({ seenIn: head.id, setAside: null })),
    );
  },
};

export const setAsideDuringMarking: Race = {
  name: '[I43] a late analysis that sets aside what is being marked as seen',
  async run(arena, random) {
    const { head, ereports } = await headWithEreports(arena, random);
    const gate = await arena.gate('marker', MARKED);
    const [marker, late] = [await arena.actor('marker'), await arena.actor('late')];
    const marking = arena.begin(markSeen(marker, head.id));
    await gate.reached(marking);
    const aside = arena.begin(setAside(late, ereports, random.pick(['ignored', 'undecided'])));
    await arena.endsBeforeItWaits('late', aside);
    await gate.open();
    await Promise.all([marking, aside]);
    expect(await standings(arena), 'the ereports').toEqual(
      ereports.map(() => ({ seenIn: head.id, setAside: null })),
    );
  },
};

export const seenAfterAll: Race = {
  name: '[I43] a marking of what no engine understood, and somebody has put into a case by hand',
  async run(arena, random) {
    const { head, ereports } = await headWithEreports(arena, random);
    await setAside(arena.pool, ereports, random.pick(['not-understood', 'undecided']));
    await markSeen(arena.pool, head.id);
    expect(await standings(arena), 'the ereports').toEqual(
      ereports.map(() => ({ seenIn: head.id, setAside: null })),
    );
  },
};
