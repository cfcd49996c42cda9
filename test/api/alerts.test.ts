import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import type { AlertView } from '../../src/model/views.ts';
import { commitAndMeet } from '../support/commit.ts';
import { aCase, aChildOf, aRequest, aSitrep, requestIds, type Sent } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { type Reply, TestService, typeOf } from './harness.ts';

type Case = Sent['cases'][number];
const foo = aRequest({ payload: { text: '☃', list: [1.5, null, {}] } });
const bar = aRequest({ class: 'test.foo.bar' });
const fan = aCase({ alertRequests: [foo, bar, aRequest()] });
const disk = aCase({ alertRequests: [aRequest(), aRequest({ class: 'test.foo.bar' })] });
const first = aSitrep({ cases: [fan, disk] });
/** What is current; whoever moves on from it says so. */
let head = first;

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
  await submitAsHead(first);
});
afterAll(async () => {
  await checkInvariants(service.api.db.pool);
  await service.close();
});

const get = (path: string) => service.api.get(path);
const remove = (id: string) => service.api.ask('DELETE', `/v1/alerts/${id}`);
const tend = () => service.api.post('/v1/tend', undefined);
const list = async (query = ''): Promise<AlertView[]> => (await get(`/v1/alerts${query}`)).body.items;
const idsOf = (alerts: AlertView[]) => alerts.map(({ id }) => id);
const requestedBy = ({ alertRequests = [] }: Case) => alertRequests.map(({ id }) => id);
const statusAndType = (reply: Reply) => ({ status: reply.status, type: typeOf(reply) });
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const NOT_FOUND = { status: 404, type: 'not-found' };

/** Submits a sitrep, and tends, so that all it requests is met when this is done. */
async function submitAsHead(sent: Sent): Promise<void> {
  expect((await service.api.submit(sent)).status).toBe(201);
  expect((await tend()).status).toBe(200);
  head = sent;
}

describe('the list of alerts', () => {
  test('[I12] has one for each request, as it was requested', async () => {
    const alerts = await list();
    expect(idsOf(alerts).toSorted()).toEqual(requestIds(first).toSorted());
    expect(alerts.find(({ id }) => id === foo.id)).toEqual({
      id: foo.id,
      class: 'test.foo',
      version: 0,
      payload: foo.payload,
      caseId: fan.id,
      requestedSitrepId: first.id,
      timeCreated: expect.stringMatching(TIME),
      timeDispatched: expect.stringMatching(TIME),
      numDispatched: 0,
    });
  });

  test.each([
    ['of a class', '?class=test.foo.bar', [bar.id, requestedBy(disk)[1]]],
    ['of a case', `?caseId=${fan.id}`, requestedBy(fan)],
    ['of a case in capitals', `?caseId=${fan.id.toUpperCase()}`, requestedBy(fan)],
    ['of a class and a case', `?class=test.foo.bar&caseId=${fan.id}`, [bar.id]],
    ['of a class that none has, though others start with it', '?class=test', []],
    ['of a case that made none', `?caseId=${newId()}`, []],
  ])('has only those %s when that is asked for', async (_, query, ids) => {
    expect(idsOf(await list(query)).toSorted()).toEqual(ids.toSorted());
  });

  test('comes newest first', async () => {
    const later = aSitrep({ parentId: head.id, cases: [...head.cases, ...aSitrep({}, 2).cases] });
    const before = idsOf(await list());
    await submitAsHead(later);
    const alerts = idsOf(await list());
    expect(alerts.slice(2)).toEqual(before);
    expect(alerts.slice(0, 2).toSorted()).toEqual(requestedBy(later.cases.at(-1) as Case).toSorted());
  });

  test.each(['', '&class=test.foo'])(
    'comes in pages that have each alert once, also while others are made%s',
    async (filter) => {
      const before = idsOf(await list(`?limit=1000${filter}`));
      const seen: string[] = [];
      let cursor = '';
      do {
        const { items, nextCursor } = (await get(`/v1/alerts?limit=2${filter}${cursor}`)).body;
        expect(items.length).toBeLessThanOrEqual(2);
        seen.push(...idsOf(items));
        cursor = nextCursor === null ? '' : `&cursor=${nextCursor}`;
        const child = aChildOf(head, { cases: [...head.cases, ...aSitrep().cases] });
        await commitAndMeet(service.api.db.pool, child);
        head = child;
      } while (cursor !== '');
      expect(seen).toEqual(before);
      expect(idsOf(await list(`?limit=1000${filter}`)).length).toBeGreaterThan(before.length);
    },
  );

  test.each([
    ['limit=0', '/query/limit'],
    ['limit=1001', '/query/limit'],
    ['cursor=x', '/query/cursor'],
    ['caseId=1', '/query/caseId'],
    ['caseId=', '/query/caseId'],
    ['class=%00', '/query/class'],
    ['class=a&class=b', '/query/class'],
    ['state=current', '/query/state'],
  ])('is refused for ?%s', async (query, pointer) => {
    const reply = await get(`/v1/alerts?${query}`);
    expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-parameter' });
    expect(reply.body.faults).toMatchObject([{ pointer }]);
  });
});

describe('an alert', () => {
  test('is read by its id, in any spelling, as it is listed', async () => {
    const listed = (await list('?limit=1000')).find(({ id }) => id === bar.id);
    expect((await get(`/v1/alerts/${bar.id}`)).body).toEqual(listed);
    expect((await get(`/v1/alerts/${bar.id.toUpperCase()}`)).body).toEqual(listed);
  });

  test('is told why it exists', async () => {
    expect((await get(`/v1/alerts/${bar.id}/why`)).body).toMatchObject({
      alert: { id: bar.id },
      made: { sitrepId: first.id },
      request: { payload: bar.payload, asIn: { sitrepId: head.id } },
      askedBy: { id: first.id, heading: { creator: 'test' } },
      case: { id: fan.id, ereportCount: 0, ereports: [] },
    });
    expect(statusAndType(await get(`/v1/alerts/${newId()}/why`))).toEqual(NOT_FOUND);
  });

  test('that there never was is neither found nor deleted', async () => {
    expect(statusAndType(await get(`/v1/alerts/${newId()}`))).toEqual(NOT_FOUND);
    expect(statusAndType(await remove(newId()))).toEqual(NOT_FOUND);
  });

  test.each(['1', 'current', '%00', `${newId()}%2F`])('is neither read nor deleted as %s', async (name) => {
    for (const reply of [await get(`/v1/alerts/${name}`), await remove(name)]) {
      expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-parameter' });
      expect(reply.body.faults).toMatchObject([{ pointer: '/path/id' }]);
    }
  });

  test('is deleted once, and then is gone, alone, though the current sitrep goes on requesting it', async () => {
    const before = idsOf(await list('?limit=1000'));
    expect(await remove(foo.id)).toMatchObject({ status: 204, text: '' });
    expect(statusAndType(await get(`/v1/alerts/${foo.id}`))).toEqual(NOT_FOUND);
    expect(statusAndType(await remove(foo.id))).toEqual(NOT_FOUND);
    expect((await get(`/v1/alerts/${foo.id}/why`)).body).toMatchObject({
      alert: null,
      request: { id: foo.id },
    });
    expect(idsOf(await list('?limit=1000'))).toEqual(before.filter((id) => id !== foo.id));
    const { cases, rendezvous } = (await get('/v1/sitreps/current')).body;
    const requested = (cases as Case[]).flatMap(requestedBy);
    expect(requested).toContain(foo.id);
    expect(rendezvous.reconciled).toBe(true);
  });

  test('is deleted by one of eight who try at once', async () => {
    const [victim] = requestedBy(disk) as [string];
    const replies = await Promise.all(Array.from({ length: 8 }, () => remove(victim)));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([204, ...Array(7).fill(404)]);
  });
});

describe('a deleted alert', () => {
  const request = aRequest();
  const forgetWhatIsMet = `UPDATE fm_rendezvous_progress SET time_verified = NULL`;
  beforeAll(async () => {
    await submitAsHead(aChildOf(head, { cases: [...head.cases, aCase({ alertRequests: [request] })] }));
    expect((await remove(request.id)).status).toBe(204);
  });
  const isGone = async () => expect(statusAndType(await get(`/v1/alerts/${request.id}`))).toEqual(NOT_FOUND);

  test('[I15] stays deleted when the head is tended again, whether or not what is met is trusted', async () => {
    expect((await tend()).body).toMatchObject({ thorough: false, found: { alertsMade: { count: 0 } } });
    await isGone();
    await service.api.db.pool.query(forgetWhatIsMet);
    expect((await tend()).body).toMatchObject({ thorough: true, found: { alertsMade: { count: 0 } } });
    await isGone();
  });

  test('[I15] stays deleted when a child that carries the request becomes current, and is tended', async () => {
    await submitAsHead(aChildOf(head, { cases: [...head.cases, ...aSitrep().cases] }));
    await isGone();
    await service.api.db.pool.query(forgetWhatIsMet);
    expect((await tend()).body).toMatchObject({ thorough: true, found: { alertsMade: { count: 0 } } });
    await isGone();
  });
});
