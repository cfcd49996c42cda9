import fc from 'fast-check';
import { aCase, aRequest, type Sent } from '../../support/document.ts';
import { idOf } from './ids.ts';
import type { Sitrep } from './world.ts';

type SentCase = Sent['cases'][number];
type SentRequest = NonNullable<SentCase['alertRequests']>[number];

/**
 * How a document differs from its parent. Ids come from small pools, so that what was dropped is asked for again and
 * rivals ask for the same; `nth` counts among what is there. An edit that finds nothing to do does nothing.
 */
export type Edit =
  | { does: 'open'; caseNumber: number; closed: boolean; requests: number[] }
  | { does: 'ask'; nth: number; request: number }
  | { does: 'assign'; nth: number; ereport: number }
  | { does: 'close' | 'dropCase' | 'dropRequest' | 'remark'; nth: number }
  /** Those that a child of the head is refused for. */
  | { does: 'reopen' | 'changePayload' | 'changeClass' | 'move'; nth: number }
  | { does: 'claim'; nth: number; field: ClaimedField };

type ClaimedField = 'createdSitrepId' | 'closedSitrepId' | 'requestedSitrepId' | 'assignedSitrepId';

export interface Draft {
  edits: Edit[];
  /** Whether what is carried names the sitreps that its parent's reader saw. */
  withClaims: boolean;
}

const CASES = 5;
const REQUESTS = 12;
const EREPORTS = 4;
const EDITS = 5;
const nth = fc.nat({ max: 7 });
const request = fc.nat({ max: REQUESTS - 1 });

const soundEdit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('open' as const),
      caseNumber: fc.nat({ max: CASES - 1 }),
      closed: fc.boolean(),
      requests: fc.uniqueArray(request, { maxLength: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('ask' as const), nth, request }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('assign' as const),
      nth,
      ereport: fc.nat({ max: EREPORTS - 1 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constantFrom(
        'close' as const,
        'dropCase',
        'dropRequest',
        'dropRequest',
        'dropRequest',
        'remark',
      ),
      nth,
    }),
  },
);

const badEdit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constantFrom('reopen' as const, 'changePayload', 'changeClass', 'move'),
      nth,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('claim' as const),
      nth,
      field: fc.constantFrom<ClaimedField>(
        'createdSitrepId',
        'closedSitrepId',
        'requestedSitrepId',
        'assignedSitrepId',
      ),
    }),
  },
);

export const soundDraft: fc.Arbitrary<Draft> = fc.record({
  edits: fc.array(soundEdit, { maxLength: EDITS }),
  withClaims: fc.boolean(),
});

/** One in four has something that a child of the head is refused for. */
export const anyDraft: fc.Arbitrary<Draft> = fc.oneof(
  { weight: 3, arbitrary: soundDraft },
  {
    weight: 1,
    arbitrary: fc
      .tuple(soundDraft, badEdit)
      .map(([draft, bad]): Draft => ({ ...draft, edits: [...draft.edits, bad] })),
  },
);

/** The document that comes of the parent (null: of nothing) and the edits. */
export function draw(id: string, parentId: string | null, parent: Sitrep | null, draft: Draft): Sent {
  const cases = (parent?.cases ?? []).map((oneCase): SentCase => {
    const { createdIn, closedIn } = oneCase;
    return aCase({
      id: oneCase.id,
      engine: oneCase.engine,
      closed: closedIn !== null,
      comment: oneCase.comment,
      ...(draft.withClaims ? { createdSitrepId: createdIn, closedSitrepId: closedIn } : {}),
      ereports: oneCase.ereports.map(({ assignedIn, ...ereport }) => ({
        ...ereport,
        ...(draft.withClaims ? { assignedSitrepId: assignedIn } : {}),
      })),
      alertRequests: oneCase.requests.map(({ requestedIn, caseId, generation, ...carried }) => ({
        ...carried,
        ...(draft.withClaims ? { requestedSitrepId: requestedIn } : {}),
      })),
    });
  });
  const sent: Sent = { id, parentId, creator: 'model', comment: '', cases };
  for (const edit of draft.edits) apply(edit, sent);
  return sent;
}

function apply(edit: Edit, sent: Sent): void {
  const { cases } = sent;
  const requests = cases.flatMap((home) => requestsIn(home).map((it) => ({ home, it })));
  const askedFor = (number: number) => requests.some(({ it }) => it.id === idOf('alert', number));
  switch (edit.does) {
    case 'open': {
      const id = idOf('case', edit.caseNumber);
      if (cases.some((one) => one.id === id)) return;
      const alertRequests = edit.requests.filter((number) => !askedFor(number)).map(newRequest);
      cases.push(aCase({ id, closed: edit.closed, alertRequests }));
      return;
    }
    case 'ask':
      if (!askedFor(edit.request)) pick(cases, edit.nth)?.alertRequests?.push(newRequest(edit.request));
      return;
    case 'assign': {
      const ereports = pick(cases, edit.nth)?.ereports;
      const ereport = { restartId: idOf('restart', edit.ereport % 2), ena: `0x${edit.ereport}` };
      const there = ereports?.some(({ ena }) => ena === ereport.ena);
      if (!there) ereports?.push({ ...ereport, comment: '' });
      return;
    }
    case 'close': {
      const open = pick(
        cases.filter(({ closed }) => !closed),
        edit.nth,
      );
      if (open) open.closed = true;
      return;
    }
    case 'reopen': {
      const closed = pick(
        cases.filter((one) => one.closed),
        edit.nth,
      );
      if (closed) Object.assign(closed, { closed: false, closedSitrepId: null });
      return;
    }
    case 'dropCase':
      sent.cases = cases.filter((one) => one !== pick(cases, edit.nth));
      return;
    case 'dropRequest': {
      const dropped = pick(requests, edit.nth);
      if (dropped) dropped.home.alertRequests = requestsIn(dropped.home).filter((it) => it !== dropped.it);
      return;
    }
    case 'remark':
      sent.comment += 'remark ';
      Object.assign(pick(cases, edit.nth) ?? {}, { comment: sent.id });
      Object.assign(pick(requests, edit.nth)?.it ?? {}, { comment: sent.id });
      return;
    case 'changePayload':
      Object.assign(pick(requests, edit.nth)?.it ?? {}, { payload: { changed: true } });
      return;
    case 'changeClass':
      Object.assign(pick(requests, edit.nth)?.it ?? {}, { class: 'test.foo.bar' });
      return;
    case 'move': {
      const moved = pick(requests, edit.nth);
      const to = pick(
        cases.filter((one) => one !== moved?.home),
        edit.nth,
      );
      if (!moved || !to) return;
      moved.home.alertRequests = requestsIn(moved.home).filter((it) => it !== moved.it);
      to.alertRequests?.push(moved.it);
      return;
    }
    case 'claim': {
      const claim = { [edit.field]: idOf('sitrep', 999) };
      if (edit.field === 'requestedSitrepId') Object.assign(pick(requests, edit.nth)?.it ?? {}, claim);
      else if (edit.field === 'assignedSitrepId') {
        Object.assign(
          pick(
            cases.flatMap(({ ereports }) => ereports ?? []),
            edit.nth,
          ) ?? {},
          claim,
        );
      } else Object.assign(pick(cases, edit.nth) ?? {}, claim);
      return;
    }
  }
}

function newRequest(number: number): SentRequest {
  return aRequest({ id: idOf('alert', number), payload: { n: number } });
}

function requestsIn(oneCase: SentCase): SentRequest[] {
  return oneCase.alertRequests ?? [];
}

function pick<Item>(items: Item[], number: number): Item | undefined {
  return items.length === 0 ? undefined : items[number % items.length];
}
