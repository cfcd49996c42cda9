import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { assignmentKey, lineageFaults, lineageOf, type Parent } from '../../src/model/lineage.ts';
import { idOf } from '../cli/views.ts';
import {
  aCase,
  aChildOf,
  aRequest,
  aSitrep,
  requestIds,
  type Sent,
  submissionOf,
} from '../support/document.ts';

type Request = NonNullable<Sent['cases'][number]['alertRequests']>[number];

function derive(sent: Sent, parent: Parent | null) {
  const { document, input } = submissionOf(sent);
  const lineage = lineageOf(document, parent);
  return { ...lineage, faults: lineageFaults(input, lineage, parent) };
}

/** What a sitrep hands on, once it was written with what is derived for it. */
function handedOn(sent: Sent, parent: Parent | null = null): Parent {
  const { alertGeneration, ...lineage } = derive(sent, parent);
  const handed: Parent = { alertGeneration, cases: new Map(), ereports: new Map(), requests: new Map() };
  for (const one of submissionOf(sent).document.cases) {
    const createdSitrepId = lineage.createdSitrepId(one.id);
    handed.cases.set(one.id, { createdSitrepId, closedSitrepId: lineage.closedSitrepId(one) });
    for (const { restartId, ena } of one.ereports) {
      const assigned = lineage.assignedSitrepId(one.id, restartId, ena);
      handed.ereports.set(assignmentKey(one.id, restartId, ena), assigned);
    }
    for (const { id, comment, ...request } of one.alertRequests) {
      handed.requests.set(id, { ...request, caseId: one.id, ...lineage.requested(id) });
    }
  }
  return handed;
}

const REQUEST = aRequest({ id: idOf(20), payload: { n: 0, deep: [{ a: 1, b: 2 }] } });
const EREPORT = { restartId: idOf(30), ena: '0x1f' };
const CASE = aCase({ id: idOf(10), ereports: [EREPORT], alertRequests: [REQUEST] });
const FIRST = aSitrep({ id: idOf(1), cases: [CASE, aCase({ id: idOf(11), closed: true })] });
const PARENT = handedOn(FIRST);

/** A child of FIRST whose first case has these fields. */
const childWith = (change: Partial<typeof CASE>) => aChildOf(FIRST, { cases: [{ ...CASE, ...change }] });
const childAsking = (...alertRequests: Request[]) => childWith({ alertRequests });

describe('in a first sitrep', () => {
  test('[I18] everything comes from itself', () => {
    const first = derive(FIRST, null);
    expect(first.faults).toEqual([]);
    expect(first.createdSitrepId(CASE.id)).toBe(FIRST.id);
    expect(first.assignedSitrepId(CASE.id, EREPORT.restartId, EREPORT.ena)).toBe(FIRST.id);
    expect(first.requested(REQUEST.id)).toEqual({ requestedSitrepId: FIRST.id, generation: 1 });
    expect(first.newRequestIds).toEqual([REQUEST.id]);
    expect(first.closedSitrepId({ id: idOf(11), closed: true })).toBe(FIRST.id);
    expect(first.closedSitrepId({ id: idOf(10), closed: false })).toBeNull();
  });

  test('[I19] the generation is 1, even if it requests nothing', () => {
    expect(derive(FIRST, null).alertGeneration).toBe(1);
    expect(derive(aSitrep({ cases: [] }), null).alertGeneration).toBe(1);
  });
});

describe('in a child', () => {
  test('[I18] what is carried keeps its sitrep ids', () => {
    const child = derive(aChildOf(FIRST), PARENT);
    expect(child.faults).toEqual([]);
    expect(child.createdSitrepId(CASE.id)).toBe(FIRST.id);
    expect(child.closedSitrepId({ id: idOf(11), closed: true })).toBe(FIRST.id);
    expect(child.assignedSitrepId(CASE.id, EREPORT.restartId, EREPORT.ena)).toBe(FIRST.id);
    expect(child.requested(REQUEST.id)).toEqual({ requestedSitrepId: FIRST.id, generation: 1 });
  });

  test('what is new comes from the child', () => {
    const sent = childAsking(REQUEST, aRequest({ id: idOf(21) }));
    const child = derive(sent, PARENT);
    expect(child.newRequestIds).toEqual([idOf(21)]);
    expect(child.requested(idOf(21))).toEqual({ requestedSitrepId: sent.id, generation: 2 });
    expect(child.createdSitrepId(idOf(12))).toBe(sent.id);
    expect(child.closedSitrepId({ id: CASE.id, closed: true })).toBe(sent.id);
  });

  test.each([
    ['another ENA', CASE.id, EREPORT.restartId, '0x1'],
    ['another restart', CASE.id, idOf(31), EREPORT.ena],
    ['another case', idOf(11), EREPORT.restartId, EREPORT.ena],
  ])('an ereport is assigned anew under %s', (_, ...assignment) => {
    const sent = aChildOf(FIRST);
    expect(derive(sent, PARENT).assignedSitrepId(...assignment)).toBe(sent.id);
  });

  test.each([
    ['carries all', [REQUEST], 1],
    ['drops a request', [], 1],
    ['requests one thing more', [REQUEST, aRequest()], 2],
    ['requests two things more', [REQUEST, aRequest(), aRequest()], 2],
    ['requests one thing for another', [aRequest()], 2],
  ])('[I19] that %s, the generation is counted so', (_, requests, generation) => {
    expect(derive(childAsking(...requests), PARENT).alertGeneration).toBe(generation);
  });
});

/** A sitrep that requests these numbers; number n belongs to case n % 3. */
function sitrepAsking(numbers: number[]): Sent {
  const owners = Map.groupBy(numbers, (number) => number % 3);
  const cases = [...owners].map(([owner, owned]) => {
    const alertRequests = owned.map((number) => aRequest({ id: idOf(200 + number) }));
    return aCase({ id: idOf(100 + owner), alertRequests });
  });
  return aSitrep({ cases });
}

test('[I18] [I19] along any chain, ids and generations are those of the sitrep that first said a thing', () => {
  const anyChain = fc.array(fc.uniqueArray(fc.nat(8)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(anyChain, (chain) => {
      let parent: Parent | null = null;
      // What is left out and comes back counts as new.
      let said = new Map<string, { requestedSitrepId: string; generation: number }>();
      let generation = 0;
      for (const sent of chain.map(sitrepAsking)) {
        const requested = requestIds(sent);
        const fresh = requested.filter((id) => !said.has(id));
        if (parent === null || fresh.length > 0) generation += 1;
        const now = { requestedSitrepId: sent.id, generation };
        const saysNow = [...requested, ...sent.cases.map(({ id }) => id)];
        said = new Map(saysNow.map((id) => [id, said.get(id) ?? now]));

        const derived = derive(sent, parent);
        expect(derived.alertGeneration).toBe(generation);
        expect(derived.newRequestIds.toSorted()).toEqual(fresh.toSorted());
        for (const id of requested) expect(derived.requested(id)).toEqual(said.get(id));
        for (const { id } of sent.cases) {
          expect(derived.createdSitrepId(id)).toBe(said.get(id)?.requestedSitrepId);
        }
        parent = handedOn(sent, parent);
      }
    }),
  );
});

describe('a carried request', () => {
  test.each([
    ['comment', { comment: 'seen' }],
    ['order of keys', { payload: { deep: [{ b: 2, a: 1 }], n: 0 } }],
    ['-0 for 0', { payload: { ...REQUEST.payload, n: -0 } }],
  ])('may have another %s', (_, change) => {
    expect(derive(childAsking({ ...REQUEST, ...change }), PARENT).faults).toEqual([]);
  });

  test('is the same where the parent has -0 for 0', () => {
    const [zero, negative] = [0, -0].map((n) => childAsking({ ...REQUEST, payload: { n } })) as [Sent, Sent];
    expect(derive(zero, handedOn(negative)).faults).toEqual([]);
  });

  test.each([
    ['class', { class: 'test.foo.bar' }],
    ['payload', { payload: {} }],
    ['payload', { payload: { ...REQUEST.payload, more: null } }],
    ['payload', { payload: { ...REQUEST.payload, n: '0' } }],
    ['payload', { payload: { ...REQUEST.payload, deep: { 0: { a: 1, b: 2 } } } }],
  ])('keeps its %s, and is not %j', (field, change) => {
    const { faults } = derive(childAsking(aRequest(), { ...REQUEST, ...change }), PARENT);
    const detail = expect.stringContaining('what the parent has');
    expect(faults).toEqual([{ pointer: `/cases/0/alertRequests/1/${field}`, detail }]);
  });

  test('keeps its version', () => {
    const parent = structuredClone(PARENT);
    Object.assign(parent.requests.get(REQUEST.id) ?? {}, { version: 1 });
    const { faults } = derive(aChildOf(FIRST), parent);
    expect(faults).toMatchObject([{ pointer: '/cases/0/alertRequests/0/version' }]);
  });

  test('keeps its case', () => {
    const moved = aChildOf(FIRST, { cases: [aCase(), aCase({ alertRequests: [REQUEST] })] });
    const detail = expect.stringContaining(CASE.id);
    expect(derive(moved, PARENT).faults).toEqual([{ pointer: '/cases/1/alertRequests/0/id', detail }]);
  });
});

describe('a case once closed', () => {
  const closed = { ...aCase(), ...FIRST.cases[1], closed: true };

  test('stays closed', () => {
    const reopened = aChildOf(FIRST, { cases: [CASE, { ...closed, closed: false }] });
    expect(derive(reopened, PARENT).faults).toEqual([
      { pointer: '/cases/1/closed', detail: 'must stay true: a case once closed stays closed' },
    ]);
  });

  test('may still change otherwise, or not be carried', () => {
    const changed = { ...closed, comment: 'looked at', alertRequests: [aRequest()] };
    expect(derive(aChildOf(FIRST, { cases: [changed] }), PARENT).faults).toEqual([]);
    expect(derive(aChildOf(FIRST, { cases: [CASE] }), PARENT).faults).toEqual([]);
  });

  test('was closed by the same sitrep for good, whatever is claimed', () => {
    const second = aChildOf(FIRST);
    const third = (claimed: string | null) =>
      derive(aChildOf(second, { cases: [{ ...closed, closedSitrepId: claimed }] }), handedOn(second, PARENT));
    expect(third(null).closedSitrepId({ id: closed.id, closed: true })).toBe(FIRST.id);
    expect(third(FIRST.id).faults).toEqual([]);
    expect(third(second.id).faults).toMatchObject([{ pointer: '/cases/0/closedSitrepId' }]);
  });
});

describe('a sitrep id that the submitter claims', () => {
  const claiming = (id: string | null | undefined) =>
    childWith({
      createdSitrepId: id,
      ereports: [{ ...EREPORT, assignedSitrepId: id }],
      alertRequests: [{ ...REQUEST, requestedSitrepId: id }],
    });

  test.each([FIRST.id, FIRST.id.toUpperCase(), null, undefined])('may be derived, or none: %s', (id) => {
    expect(derive(claiming(id), PARENT).faults).toEqual([]);
  });

  test('[I18] may not be another', () => {
    const places = ['createdSitrepId', 'ereports/0/assignedSitrepId', 'alertRequests/0/requestedSitrepId'];
    const detail = `must be ${FIRST.id}, or absent`;
    expect(derive(claiming(newId()), PARENT).faults).toEqual(
      places.map((place) => ({ pointer: `/cases/0/${place}`, detail })),
    );
  });

  test('is of the sitrep itself where a thing is new', () => {
    const sent = childAsking(aRequest({ requestedSitrepId: FIRST.id }));
    expect(derive(sent, PARENT).faults).toMatchObject([{ detail: `must be ${sent.id}, or absent` }]);
  });

  test('as closing is none while the case is open', () => {
    expect(derive(childWith({ closedSitrepId: FIRST.id }), PARENT).faults).toEqual([
      { pointer: '/cases/0/closedSitrepId', detail: 'must be null or absent' },
    ]);
  });

  test('is told at its place in the document that was sent, not in the sorted one', () => {
    const cases = [aCase({ id: idOf(99) }), aCase({ id: idOf(98), createdSitrepId: FIRST.id })];
    const { faults } = derive(aChildOf(FIRST, { cases }), PARENT);
    expect(faults).toMatchObject([{ pointer: '/cases/1/createdSitrepId' }]);
  });
});
