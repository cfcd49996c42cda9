import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { insertSitrep } from '../../src/store/sitrep-insert.ts';
import { readSitrep } from '../../src/store/sitrep-read.ts';
import { discardSubmission, submit } from '../../src/store/submission.ts';
import { commit, commitAndMeet, countRows, insert } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aCase, aChildOf, aRequest, aSitrep, requestIds, submissionOf } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterEach(() => checkInvariants(db.pool));
afterAll(() => db.drop());

/** Each test goes on from whatever is current. */
async function onHead(fields = {}, requests = 1) {
  const head = await readSitrep(db.pool, 'current');
  return aSitrep({ parentId: head?.id ?? null, ...fields }, requests);
}

describe('submit', () => {
  test('[I7] accepts the same document twice, and refuses another under its id', async () => {
    const sent = await onHead();
    expect(await submit(db.pool, submissionOf(sent))).toEqual({ kind: 'submitted' });
    expect(await submit(db.pool, submissionOf(sent))).toEqual({ kind: 'submitted' });
    const other = { ...sent, comment: 'another' };
    expect(await submit(db.pool, submissionOf(other))).toEqual({
      kind: 'refused',
      refusal: { kind: 'sitrepIdReused' },
    });
  });

  test('[I7] recognises a document whose sitrep exists, and writes no submission', async () => {
    const sent = await onHead();
    await commit(db.pool, sent);
    const before = await countRows(db.pool, 'sitrep_submission');
    expect(await submit(db.pool, submissionOf(sent))).toMatchObject({ kind: 'exists', state: 'current' });
    expect(await submit(db.pool, submissionOf({ ...sent, comment: 'another' }))).toMatchObject({
      refusal: { kind: 'sitrepIdReused' },
    });
    expect(await countRows(db.pool, 'sitrep_submission')).toBe(before);
  });

  test('[I7] of two documents under one id at once accepts one', async () => {
    const sent = await onHead();
    const rivals = ['a', 'b'].map((comment) => submissionOf({ ...sent, comment }));
    const outcomes = await Promise.all(rivals.map((rival) => submit(db.pool, rival)));
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['refused', 'submitted']);
  });

  test('refuses a parent that never was in history', async () => {
    const loser = await onHead();
    await insert(db.pool, loser);
    for (const parentId of [newId(), loser.id]) {
      const outcome = await submit(db.pool, submissionOf(aSitrep({ parentId })));
      expect(outcome).toEqual({ kind: 'refused', refusal: { kind: 'parentNotCurrent' } });
    }
  });

  test('[I15] refuses a new request whose id was used before, and names it', async () => {
    const first = await onHead({}, 3);
    await commitAndMeet(db.pool, first);
    const [used] = requestIds(first) as [string];
    const without = aChildOf(first, { cases: [] });
    await commit(db.pool, without);
    const again = aChildOf(without, {
      cases: [aCase({ alertRequests: [aRequest({ id: used }), aRequest()] })],
    });
    expect(await submit(db.pool, submissionOf(again))).toEqual({
      kind: 'refused',
      refusal: { kind: 'requestIdUsed', requestIds: [used], count: 1 },
    });
    await db.pool.query('DELETE FROM alert WHERE id = $1', [used]);
    expect(await submit(db.pool, submissionOf(again))).toMatchObject({ refusal: { kind: 'requestIdUsed' } });
  });
});

describe('insert', () => {
  test('writes the document whole and removes the submission; run again it changes nothing', async () => {
    const sent = await onHead({}, 5);
    sent.cases.push(
      aCase({
        closed: true,
        comment: 'ünïcödé ☃ 𝄞 "quotes" \\ and \t tabs',
        ereports: [
          { restartId: newId(), ena: '0xffffffffffffffff' },
          { restartId: newId(), ena: '0', comment: 'zero' },
          { restartId: newId(), ena: '0x8000000000000000' },
        ],
        alertRequests: [aRequest({ payload: { deep: [1, -0, 1e21, 0.1, { '': null }], text: '☃' } })],
      }),
    );
    expect(await insert(db.pool, sent)).toEqual({ kind: 'inserted', parentId: sent.parentId });
    const { digest } = submissionOf(sent);
    expect(await insertSitrep(db.pool, sent.id, digest)).toEqual({
      kind: 'inserted',
      parentId: sent.parentId,
    });
    const view = await readSitrep(db.pool, { id: sent.id });
    expect(submissionOf(view as never).digest).toBe(digest);
    expect(await countRows(db.pool, `sitrep_submission WHERE sitrep_id = '${sent.id}'`)).toBe(0);
  });

  test('[I7] decides by the digest first, whatever became of the parent', async () => {
    const sent = await onHead();
    await insert(db.pool, sent);
    await commit(db.pool, await onHead());
    const { digest } = submissionOf(sent);
    expect(await insertSitrep(db.pool, sent.id, digest)).toMatchObject({ kind: 'inserted' });
    const other = submissionOf({ ...sent, comment: 'another' }).digest;
    expect(await insertSitrep(db.pool, sent.id, other)).toEqual({
      kind: 'refused',
      refusal: { kind: 'sitrepIdReused' },
    });
  });

  test('says when neither sitrep nor submission is there', async () => {
    const sent = await onHead();
    const submission = submissionOf(sent);
    await submit(db.pool, submission);
    await discardSubmission(db.pool, sent.id, submission.digest);
    expect(await insertSitrep(db.pool, sent.id, submission.digest)).toEqual({
      kind: 'refused',
      refusal: { kind: 'submissionGone' },
    });
  });

  test('ten at once write it once, and all say so', async () => {
    const sent = await onHead({}, 200);
    const submission = submissionOf(sent);
    await submit(db.pool, submission);
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => insertSitrep(db.pool, sent.id, submission.digest)),
    );
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['inserted']));
    expect(await countRows(db.pool, `fm_alert_request WHERE sitrep_id = '${sent.id}'`)).toBe(200);
  });

  test('of a child whose parent has lost the head meanwhile is written, to be orphaned', async () => {
    const sent = await onHead();
    const submission = submissionOf(sent);
    await submit(db.pool, submission);
    await commit(db.pool, await onHead());
    expect(await insertSitrep(db.pool, sent.id, submission.digest)).toMatchObject({ kind: 'inserted' });
    expect(await readSitrep(db.pool, { id: sent.id })).toMatchObject({ state: 'orphaned' });
  });

  test('checks used request ids again, against what was met since the submission', async () => {
    const first = await onHead();
    const rival = aChildOf(first, { cases: [aCase({ alertRequests: [aRequest()] })] });
    await commit(db.pool, first);
    const submission = submissionOf(rival);
    await submit(db.pool, submission);
    // The id becomes used while the parent is still the head: by hand, since no chain can do that.
    await db.pool.query(`INSERT INTO rendezvous_alert_created (alert_id, sitrep_id) VALUES ($1, $2)`, [
      requestIds(rival)[0],
      first.id,
    ]);
    expect(await insertSitrep(db.pool, rival.id, submission.digest)).toMatchObject({
      refusal: { kind: 'requestIdUsed' },
    });
    expect(await readSitrep(db.pool, { id: rival.id })).toMatchObject({ state: 'submitted' });
  });
});

describe('lineage', () => {
  test('[I18] [I19] what is carried keeps its sitrep ids and generation; what is new gets the new ones', async () => {
    const ereport = { restartId: newId(), ena: '0x1f' };
    const first = await onHead({ cases: [aCase({ ereports: [ereport], alertRequests: [aRequest()] })] });
    await commit(db.pool, first);
    const second = aChildOf(first);
    second.cases[0]?.alertRequests?.push(aRequest());
    second.cases.push(aCase());
    await commit(db.pool, second);
    const third = aChildOf(second);
    await commit(db.pool, third);
    const view = await readSitrep(db.pool, 'current');
    const old = view?.cases.find(({ id }) => id === first.cases[0]?.id);
    expect(old?.createdSitrepId).toBe(first.id);
    expect(old?.ereports[0]).toMatchObject({ ...ereport, assignedSitrepId: first.id });
    expect(old?.alertRequests.map((request) => request.requestedSitrepId).sort()).toEqual(
      [first.id, second.id].sort(),
    );
    expect(view?.cases.find(({ id }) => id !== old?.id)?.createdSitrepId).toBe(second.id);
    const { rows } = await db.pool.query(
      'SELECT alert_generation AS g FROM fm_sitrep WHERE id = ANY ($1) ORDER BY time_created',
      [[first.id, second.id, third.id]],
    );
    const [one, two, three] = rows.map(({ g }) => g);
    expect([two - one, three - two]).toEqual([1, 0]);
  });

  test('a read sitrep, sent back as a child, is accepted with all that it says', async () => {
    const first = await onHead({}, 3);
    await commit(db.pool, first);
    const view = await readSitrep(db.pool, 'current');
    const child = { ...(view as unknown as typeof first), parentId: first.id, id: newId() };
    expect(await insert(db.pool, child)).toMatchObject({ kind: 'inserted' });
  });

  test.each([
    ['class', { class: 'test.quux.bar' }, '/cases/0/alertRequests/0/class'],
    ['payload', { payload: { n: 2 } }, '/cases/0/alertRequests/0/payload'],
    ['requestedSitrepId', { requestedSitrepId: newId() }, '/cases/0/alertRequests/0/requestedSitrepId'],
  ])('refuses a carried request with another %s', async (_, change, pointer) => {
    const first = await onHead();
    await commit(db.pool, first);
    const child = aChildOf(first);
    Object.assign(child.cases[0]?.alertRequests?.[0] ?? {}, change);
    expect(await submit(db.pool, submissionOf(child))).toMatchObject({
      refusal: { kind: 'invalid', faults: [{ pointer }] },
    });
  });

  test('accepts another comment on a carried request, and refuses another case for it', async () => {
    const first = await onHead();
    await commit(db.pool, first);
    const commented = aChildOf(first);
    Object.assign(commented.cases[0]?.alertRequests?.[0] ?? {}, { comment: 'seen' });
    expect(await submit(db.pool, submissionOf(commented))).toEqual({ kind: 'submitted' });
    const moved = aChildOf(first);
    moved.cases.push(aCase({ alertRequests: moved.cases[0]?.alertRequests?.splice(0) ?? [] }));
    expect(await submit(db.pool, submissionOf(moved))).toMatchObject({ refusal: { kind: 'invalid' } });
  });

  test('a case once closed stays closed', async () => {
    const first = await onHead({ cases: [aCase({ closed: true })] });
    await commit(db.pool, first);
    const reopened = aChildOf(first);
    Object.assign(reopened.cases[0] ?? {}, { closed: false });
    expect(await submit(db.pool, submissionOf(reopened))).toMatchObject({
      refusal: { kind: 'invalid', faults: [{ pointer: '/cases/0/closed' }] },
    });
    const carried = aChildOf(first);
    await commit(db.pool, carried);
    expect((await readSitrep(db.pool, 'current'))?.cases[0]?.closedSitrepId).toBe(first.id);
  });
});
