import { expect } from 'vitest';
import { deleteAlert, readAlert } from '../../../src/store/alert.ts';
import { collectMarkers } from '../../../src/store/marker.ts';
import { AFTER_WHAT_IS_MET, FROM_THE_START, rendezvous } from '../../../src/store/rendezvous.ts';
import { commit, commitAndMeet, countRows, insert, swap } from '../../support/commit.ts';
import { aCase, aRequest, aSitrep, requestIds } from '../../support/document.ts';
import type { Place } from './instrument.ts';
import type { Race } from './race.ts';

const FUNCTION = 'fm_rendezvous_alert_chunk';
/** It has locked the head and looked at it, and has written nothing. */
const AFTER_THE_LOOK: Place = { function: FUNCTION, after: 'SELECT * INTO STRICT head FROM fm_sitrep_head;' };
const BEFORE_THE_MARKER: Place = { trigger: 'INSERT', on: 'rendezvous_alert_created' };
const BETWEEN_MARKER_AND_ALERT: Place = { trigger: 'INSERT', on: 'alert' };

function twoOfOneSitrep(where: string, place: Place, inOneChunk = false): Race {
  return {
    name: `[I12] [I13] [I16] two rendezvous of one sitrep, one of them stopped ${where}`,
    async run(arena, random) {
      const requests = 2 + random.below(6);
      const chunk = inOneChunk ? requests + 1 : 2 + random.below(requests);
      const sent = aSitrep({ parentId: await arena.ground(random) }, requests);
      await commit(arena.pool, sent);
      const gate = await arena.gate('slow', place);
      const [slow, quick] = [await arena.actor('slow'), await arena.actor('quick')];
      const first = arena.begin(rendezvous(slow, sent.id, AFTER_WHAT_IS_MET, () => {}, chunk));
      await gate.reached(first);
      const second = arena.begin(rendezvous(quick, sent.id, AFTER_WHAT_IS_MET, () => {}, chunk));
      await arena.endsBeforeItWaits('quick', second);
      await gate.open();
      const outcomes = [await first, await second];
      const created = outcomes.reduce((sum, outcome) => sum + outcome.created, 0);
      expect(created, 'alerts that the two say they made').toBe(requests);
      const ids = requestIds(sent);
      expect(await countRows(arena.pool, `alert WHERE ${isOneOf(ids)}`), 'alerts').toBe(requests);
    },
  };
}

export const twoBeforeTheMarker = twoOfOneSitrep('before its marker', BEFORE_THE_MARKER);
export const twoBetweenMarkerAndAlert = twoOfOneSitrep('between marker and alert', BETWEEN_MARKER_AND_ALERT);
export const twoAfterTheLook = twoOfOneSitrep('after its look at the head', AFTER_THE_LOOK, true);
/** The second row: with the first one written, each can have what the other needs. */
export const twoInTheMiddle = twoOfOneSitrep('between two markers', { ...BEFORE_THE_MARKER, row: 2 });

export const slowOnOldSitrep: Race = {
  name: '[I14] [I15] a slow rendezvous of an old sitrep, whose requests overlap with the head’s',
  async run(arena, random) {
    const [dropped, carried] = [aRequest(), aRequest()];
    const oneCase = aCase({ alertRequests: [dropped, carried] });
    const old = aSitrep({ parentId: await arena.ground(random), cases: [oneCase] });
    await commitAndMeet(arena.pool, old);
    await deleteAlert(arena.pool, dropped.id);
    const next = aSitrep({
      parentId: old.id,
      cases: [{ ...oneCase, alertRequests: [carried, aRequest()] }],
    });
    await insert(arena.pool, next);

    const gate = await arena.gate('slow', AFTER_THE_LOOK);
    const [slow, quick] = [await arena.actor('slow'), await arena.actor('quick')];
    const late = arena.begin(rendezvous(slow, old.id, FROM_THE_START, () => {}, 1 + random.below(3)));
    await gate.reached(late);
    const made = arena.begin(swap(quick, next));
    if (await arena.endsBeforeItWaits('quick', made)) {
      await arena.endsBeforeItWaits('quick', arena.begin(rendezvous(quick, next.id)));
      await collectMarkers(await arena.actor('collector'));
    }
    await gate.open();
    await Promise.all([late, made]);
    await rendezvous(quick, next.id);
    await collectMarkers(quick);
    expect(await readAlert(arena.pool, dropped.id), 'the alert that was deleted').toBeNull();
    expect(await countRows(arena.pool, `alert WHERE ${isOneOf(requestIds(next))}`), 'alerts').toBe(2);
  },
};

export const waitedForACommit: Race = {
  name: '[I11] [I14] a rendezvous that waited for the commit of another head',
  async run(arena, random) {
    const old = aSitrep({ parentId: await arena.ground(random) }, 1 + random.below(3));
    await commit(arena.pool, old);
    const next = aSitrep({ parentId: old.id }, 1);
    await insert(arena.pool, next);
    const gate = await arena.gate('committer', {
      function: 'fm_make_current',
      after: 'released := fm_prune_history(p_keep, p_prune_limit);',
    });
    const [committer, late] = [await arena.actor('committer'), await arena.actor('late')];
    const made = arena.begin(swap(committer, next));
    await gate.reached(made);
    const outcome = arena.begin(rendezvous(late, old.id));
    await arena.endsBeforeItWaits('late', outcome);
    await gate.open();
    await made;
    const { kind, created } = await outcome;
    const causedByTheOld = await countRows(arena.pool, `alert WHERE ${isOneOf(requestIds(old))}`);
    expect(causedByTheOld, 'alerts of the old sitrep').toBe(0);
    expect({ kind, created }, 'the rendezvous of the old sitrep').toEqual({ kind: 'stale', created: 0 });
  },
};

function createdAndDeleted(where: string, place: Place): Race {
  return {
    name: `[I13] [I15] an alert created and deleted while another rendezvous is ${where}`,
    async run(arena, random) {
      const request = aRequest();
      const oneCase = aCase({ alertRequests: [request] });
      const sent = aSitrep({ parentId: await arena.ground(random), cases: [oneCase] });
      await commit(arena.pool, sent);
      const gate = await arena.gate('slow', place);
      const [slow, quick] = [await arena.actor('slow'), await arena.actor('quick')];
      const first = arena.begin(rendezvous(slow, sent.id, FROM_THE_START));
      await gate.reached(first);
      const second = arena.begin(rendezvous(quick, sent.id, FROM_THE_START));
      await arena.endsBeforeItWaits('quick', second);
      const deletedMeanwhile = await deleteAlert(arena.pool, request.id);
      await gate.open();
      await Promise.all([first, second]);
      if (!deletedMeanwhile) await deleteAlert(arena.pool, request.id);
      await rendezvous(quick, sent.id, FROM_THE_START);
      expect(await readAlert(arena.pool, request.id), 'the alert that was deleted').toBeNull();
    },
  };
}

export const deletedBeforeTheMarker = createdAndDeleted('about to write its marker', BEFORE_THE_MARKER);
export const deletedBetween = createdAndDeleted('between marker and alert', BETWEEN_MARKER_AND_ALERT);

export const streamAgainstCommit: Race = {
  name: '[I14] a stream of rendezvous chunks against a make-current, which must not starve',
  async run(arena, random) {
    const old = aSitrep({ parentId: await arena.ground(random) }, 5);
    await commit(arena.pool, old);
    const next = aSitrep({ parentId: old.id }, 1);
    await insert(arena.pool, next);
    const gate = await arena.gate('slow', AFTER_THE_LOOK);
    const [slow, committer] = [await arena.actor('slow'), await arena.actor('committer')];
    const first = arena.begin(rendezvous(slow, old.id));
    await gate.reached(first);
    const made = arena.begin(swap(committer, next));
    expect(await arena.endsBeforeItWaits('committer', made), 'a commit during a chunk').toBe(false);
    const later = [];
    for (let n = 1 + random.below(4); n > 0; n--) {
      const chunks = arena.begin(rendezvous(await arena.actor(`later ${n}`), old.id, FROM_THE_START));
      await arena.endsBeforeItWaits(`later ${n}`, chunks);
      later.push(chunks);
    }
    await gate.open();
    expect(await made).toMatchObject({ kind: 'current' });
    for (const chunks of later)
      expect((await chunks).kind, 'a chunk that came after the commit').toBe('stale');
  },
};

export const cutOff: Race = {
  name: '[I12] [I19] a rendezvous that is cut off after a chunk, and begun again',
  async run(arena, random) {
    const requests = 3 + random.below(5);
    const sent = aSitrep({ parentId: await arena.ground(random) }, requests);
    await commit(arena.pool, sent);
    const fail = () => {
      throw new Error('cut off');
    };
    const cut = rendezvous(arena.pool, sent.id, AFTER_WHAT_IS_MET, fail, 1 + random.below(2));
    await expect(cut).rejects.toThrow('cut off');
    await rendezvous(arena.pool, sent.id);
    expect(await countRows(arena.pool, `alert WHERE ${isOneOf(requestIds(sent))}`), 'alerts').toBe(requests);
  },
};

export const reconciledHead: Race = {
  name: '[I20] rendezvous of a reconciled head, any number at once',
  async run(arena, random) {
    const sent = aSitrep({ parentId: await arena.ground(random) }, random.below(4));
    await commitAndMeet(arena.pool, sent);
    const state = 'SELECT xmin::text, * FROM fm_rendezvous_progress';
    const before = (await arena.pool.query(state)).rows;
    await Promise.all(
      [AFTER_WHAT_IS_MET, FROM_THE_START].map((start) => rendezvous(arena.pool, sent.id, start)),
    );
    expect((await arena.pool.query(state)).rows, 'the progress row').toEqual(before);
  },
};

export const alertWithoutMarker: Race = {
  name: '[I12] a requested alert that is there already without its marker, as a restored table may have it',
  async run(arena, random) {
    const sent = aSitrep({ parentId: await arena.ground(random) }, 2);
    await commit(arena.pool, sent);
    const [there] = requestIds(sent);
    await arena.pool.query(
      `INSERT INTO alert (id, class, version, payload, case_id)
       SELECT id, alert_class, alert_version, payload, case_id FROM fm_alert_request WHERE id = $1`,
      [there],
    );
    expect(await rendezvous(arena.pool, sent.id)).toMatchObject({ kind: 'met', created: 1 });
  },
};

function isOneOf(ids: string[]): string {
  return `id IN (${ids.map((id) => `'${id}'`).join(', ')})`;
}
