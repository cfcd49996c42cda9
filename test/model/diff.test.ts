import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffSitreps, isSame } from '../../src/model/diff.ts';
import type { SitrepView } from '../../src/model/views.ts';
import { caseView, ereportView, idOf, requestView, sitrepView } from '../cli/views.ts';

const A = idOf(101);
const B = idOf(102);

describe('the diff of two sitreps', () => {
  test('names both', () => {
    const diff = diffSitreps(sitrepView(), sitrepView({ id: idOf(2), version: 2, comment: 'next' }));
    expect(diff.from).toMatchObject({ id: idOf(1), version: 1, state: 'current' });
    expect(diff.to).toMatchObject({ id: idOf(2), version: 2, comment: 'next' });
    expect(isSame(diff)).toBe(true);
  });

  test('shows a case that only the later one has as opened, and its requests as added', () => {
    const opened = caseView({ id: B, alertRequests: [requestView()] });
    const diff = diffSitreps(
      sitrepView({ cases: [caseView({ id: A })] }),
      sitrepView({ cases: [caseView({ id: A }), opened] }),
    );
    expect(diff).toMatchObject({
      opened: [{ id: B, engine: 'power_shelf', closed: false, comment: opened.comment }],
      changed: [],
      closed: [],
      gone: [],
      requestsAdded: [{ id: idOf(200), caseId: B, class: 'test.foo', version: 0 }],
      requestsDropped: [],
    });
  });

  test('shows a case that is no longer carried as gone, and its requests as dropped', () => {
    const carried = caseView({ id: A, alertRequests: [requestView()] });
    const diff = diffSitreps(sitrepView({ cases: [carried] }), sitrepView());
    expect(diff.gone).toMatchObject([{ id: A }]);
    expect(diff.requestsDropped).toMatchObject([{ id: idOf(200), caseId: A }]);
  });

  test('shows a case that was closed as closed, with what else changed in it', () => {
    const before = caseView({ id: A, alertRequests: [requestView()], ereports: [ereportView('0x1')] });
    const after = caseView({
      id: A,
      closed: true,
      closedSitrepId: idOf(2),
      comment: 'inserted again',
      alertRequests: [requestView(), requestView(idOf(201), { class: 'test.foo.bar' })],
      ereports: [ereportView('0x1'), ereportView('0x2')],
    });
    const diff = diffSitreps(sitrepView({ cases: [before] }), sitrepView({ cases: [after] }));
    expect(diff.changed).toEqual([]);
    expect(diff.closed).toMatchObject([
      {
        id: A,
        fields: { closed: { from: false, to: true }, comment: { to: 'inserted again' } },
        ereportsAdded: [{ ena: '0x2' }],
        requestsAdded: [{ id: idOf(201), class: 'test.foo.bar' }],
      },
    ]);
    expect(diff.requestsAdded).toMatchObject([{ id: idOf(201), caseId: A }]);
  });

  test.each([
    ['comment', caseView({ comment: 'other' }), { fields: { comment: { to: 'other' } } }],
    ['engine', caseView({ engine: 'other' }), { fields: { engine: { from: 'power_shelf', to: 'other' } } }],
    ['ereport added', caseView({ ereports: [ereportView()] }), { ereportsAdded: [{ ena: '0x3a1' }] }],
    ['request added', caseView({ alertRequests: [requestView()] }), { requestsAdded: [{ id: idOf(200) }] }],
  ])('shows a case as changed: %s', (_, after, change) => {
    const diff = diffSitreps(sitrepView({ cases: [caseView()] }), sitrepView({ cases: [after] }));
    expect(diff.changed).toMatchObject([{ id: idOf(100), ...change }]);
    expect(isSame(diff)).toBe(false);
  });

  test('shows changed comments of ereports and requests, and rivals that differ in a payload', () => {
    const before = caseView({
      ereports: [ereportView()],
      alertRequests: [requestView(idOf(200), { payload: { n: 1 } })],
    });
    const after = caseView({
      ereports: [ereportView('0x3a1', { comment: 'seen' })],
      alertRequests: [requestView(idOf(200), { payload: { n: 2 } })],
    });
    const diff = diffSitreps(sitrepView({ cases: [before] }), sitrepView({ cases: [after] }));
    expect(diff.changed).toMatchObject([
      {
        ereportsChanged: [{ ena: '0x3a1', fields: { comment: { from: '', to: 'seen' } } }],
        requestsChanged: [{ id: idOf(200), fields: { payload: { from: { n: 1 }, to: { n: 2 } } } }],
      },
    ]);
    expect(diff.requestsAdded).toEqual([]);
  });

  test('looks at payloads as JSON, whatever the order of their keys', () => {
    const one = caseView({ alertRequests: [requestView(idOf(200), { payload: { a: 1, b: [2] } })] });
    const other = caseView({ alertRequests: [requestView(idOf(200), { payload: { b: [2], a: 1 } })] });
    expect(isSame(diffSitreps(sitrepView({ cases: [one] }), sitrepView({ cases: [other] })))).toBe(true);
  });

  test('does not compare what the service derives', () => {
    const one = caseView({ ereports: [ereportView()], alertRequests: [requestView()] });
    const other = caseView({
      createdSitrepId: idOf(9),
      ereports: [ereportView('0x3a1', { assignedSitrepId: idOf(9), ereport: { class: 'x' } })],
      alertRequests: [requestView(idOf(200), { requestedSitrepId: idOf(9) })],
    });
    expect(isSame(diffSitreps(sitrepView({ cases: [one] }), sitrepView({ cases: [other] })))).toBe(true);
  });
});

describe('for any two sitreps', () => {
  test('the diff of one with itself is empty', () => {
    fc.assert(
      fc.property(anySitrep(), (one) => {
        const diff = diffSitreps(one, structuredClone(one));
        expect(isSame(diff)).toBe(true);
        expect([...diff.requestsAdded, ...diff.requestsDropped]).toEqual([]);
      }),
    );
  });

  test('what one way opens and adds, the other way drops', () => {
    fc.assert(
      fc.property(anySitrep(), anySitrep(), (a, b) => {
        const there = diffSitreps(a, b);
        const back = diffSitreps(b, a);
        expect(back.gone).toEqual(there.opened);
        expect(back.opened).toEqual(there.gone);
        expect(back.requestsDropped).toEqual(there.requestsAdded);
        expect(back.changed.length + back.closed.length).toBe(there.changed.length + there.closed.length);
      }),
    );
  });

  test('every case is accounted for', () => {
    fc.assert(
      fc.property(anySitrep(), anySitrep(), (a, b) => {
        const { opened, gone, requestsAdded, requestsDropped } = diffSitreps(a, b);
        expect(a.cases.length + opened.length - gone.length).toBe(b.cases.length);
        expect(requestCount(a) + requestsAdded.length - requestsDropped.length).toBe(requestCount(b));
      }),
    );
  });
});

function requestCount({ cases }: SitrepView): number {
  return cases.reduce((sum, { alertRequests }) => sum + alertRequests.length, 0);
}

/** Ids from small ranges, so that two sitreps have much in common. A request id belongs to one case. */
function anySitrep(): fc.Arbitrary<SitrepView> {
  return fc
    .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 5 }), anyCaseFields()), {
      selector: ([number]) => number,
    })
    .map((cases) =>
      sitrepView({
        cases: cases.map(([number, { requests, enas, ...fields }]) =>
          caseView({
            ...fields,
            id: idOf(number),
            ereports: enas.map((ena) => ereportView(`0x${ena}`)),
            alertRequests: requests.map(([n, payload]) => requestView(idOf(number * 16 + n), { payload })),
          }),
        ),
      }),
    );
}

function anyCaseFields() {
  return fc.record({
    closed: fc.boolean(),
    comment: fc.constantFrom('', 'a', 'b'),
    enas: fc.uniqueArray(fc.integer({ min: 1, max: 4 })),
    requests: fc.uniqueArray(
      fc.tuple(fc.integer({ min: 0, max: 3 }), fc.dictionary(fc.constantFrom('x', 'y'), fc.integer())),
      { selector: ([number]) => number },
    ),
  });
}
