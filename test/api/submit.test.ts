import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { workflowIdOf } from '../../src/model/lifecycle.ts';
import { aCase, aChildOf, aRequest, aSitrep, type Sent } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { type Reply, TestService, typeOf } from './harness.ts';

let service: TestService;
/** The present head; each test that commits moves it on. */
let head: Sent;
beforeAll(async () => {
  service = await TestService.start();
  head = aSitrep();
  expect((await service.api.submit(head)).status).toBe(201);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await checkInvariants(service.api.db.pool);
});
afterAll(() => service.close());

const submit = (sent: unknown) => service.api.submit(sent);
const lifecycle = (id: string) => service.temporal.client.workflow.getHandle(workflowIdOf(id));

/** Submits a child of the head, which becomes the head. */
async function moveOn(fields: Partial<Sent> = {}): Promise<Reply> {
  const child = aChildOf(head, fields);
  const reply = await submit(child);
  if (reply.status === 201) head = child;
  return reply;
}

describe('a document whose parent is current', () => {
  test('is answered 201 once it is current, with where it is read', async () => {
    const reply = await moveOn();
    expect(reply).toMatchObject({ status: 201, body: { id: head.id, state: 'current' } });
    expect(reply.headers.location).toBe(`/v1/sitreps/${head.id}`);
    expect((await service.api.get(reply.headers.location as string)).body).toMatchObject(reply.body);
  });

  test('[I12] has its alerts made', async () => {
    const request = aRequest();
    await moveOn({ cases: [...head.cases, aCase({ alertRequests: [request] })] });
    await expect
      .poll(async () => (await service.api.get('/v1/sitreps/current')).body.rendezvous.reconciled)
      .toBe(true);
    expect((await service.api.get(`/v1/alerts/${request.id}`)).body).toMatchObject({ class: request.class });
  });

  test('gets an id from the service when it has none', async () => {
    const { id: _, ...nameless } = aChildOf(head);
    const { status, body } = await submit(nameless);
    expect(status).toBe(201);
    head = { ...nameless, id: body.id };
    expect((await service.api.get('/v1/sitreps/current')).body.id).toBe(body.id);
  });

  test('[I5] is one of eight rivals: one is answered 201, and each other one who won', async () => {
    const rivals = Array.from({ length: 8 }, () => aChildOf(head));
    const replies = await Promise.all(rivals.map(submit));
    const winner = rivals.findIndex((_, index) => replies[index]?.status === 201);
    head = rivals[winner] as Sent;
    for (const [index, reply] of replies.entries()) {
      if (index === winner) continue;
      expect(reply).toMatchObject({
        status: 409,
        body: {
          sitrepId: rivals[index]?.id,
          current: { id: head.id, version: replies[winner]?.body.version },
        },
      });
      expect(typeOf(reply)).toBe('parent-not-current');
    }
  });
});

describe('the same document again', () => {
  test('[I7] is answered 200 with what has become of it', async () => {
    await moveOn();
    const first = head;
    expect(await submit(first)).toMatchObject({ status: 200, body: { id: first.id, state: 'current' } });
    await moveOn();
    expect(await submit(first)).toMatchObject({ status: 200, body: { id: first.id, state: 'superseded' } });
  });

  test('[I7] is recognised in another order, with defaults left out and service fields added', async () => {
    const request = aRequest();
    await moveOn({ cases: [...head.cases, aCase({ alertRequests: [aRequest(), request] })] });
    const { body } = await service.api.get('/v1/sitreps/current');
    const again = { ...body, cases: body.cases.toReversed() };
    expect(await submit(again)).toMatchObject({ status: 200, body: { id: head.id, state: 'current' } });
  });

  test('[I7] is answered 200 also when it has lost, and 409 the first time only', async () => {
    const lost = aChildOf(head);
    await moveOn();
    expect((await submit(lost)).status).toBe(409);
    expect(await submit(lost)).toMatchObject({ status: 200, body: { state: 'orphaned', version: null } });
  });

  test('[I27] from eight clients at once is one submission: one is answered 201', async () => {
    const twin = aChildOf(head);
    const replies = await Promise.all(Array.from({ length: 8 }, () => submit(twin)));
    head = twin;
    const statuses = replies.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => ![200, 201, 202].includes(status))).toEqual([]);
    expect(replies.map(({ body }) => body.id)).toEqual(Array(8).fill(twin.id));
  });

  test('[I29] starts its lifecycle again when that was terminated', async () => {
    await moveOn();
    await lifecycle(head.id).terminate('by hand');
    expect(await submit(head)).toMatchObject({ status: 200, body: { id: head.id, state: 'current' } });
    expect((await lifecycle(head.id).describe()).status.name).toBe('RUNNING');
  });
});

describe('a document that is refused', () => {
  async function refused(sent: unknown, type: string): Promise<Reply> {
    const { executeUpdateWithStart } = service.temporal.client.workflow;
    const started = vi.spyOn(service.temporal.client.workflow, 'executeUpdateWithStart');
    const before = await service.api.count('sitrep_submission');
    const reply = await submit(sent);
    expect({ status: reply.status, type: typeOf(reply) }).toEqual({ status: 409, type });
    expect(started).not.toHaveBeenCalled();
    expect(await service.api.count('sitrep_submission')).toBe(before);
    started.mockImplementation(executeUpdateWithStart);
    return reply;
  }

  test('[I7] because another has its id', async () => {
    await moveOn();
    const { body } = await refused({ ...head, comment: 'another' }, 'sitrep-id-reused');
    expect(body.sitrepId).toBe(head.id);
  });

  test('[I15] because a new request has the id of an alert that was deleted; the answer names it', async () => {
    const request = aRequest();
    await moveOn({ cases: [...head.cases, aCase({ alertRequests: [request] })] });
    await expect.poll(async () => (await service.api.get(`/v1/alerts/${request.id}`)).status).toBe(200);
    await service.api.ask('DELETE', `/v1/alerts/${request.id}`);
    await moveOn({ cases: [] });
    const again = aChildOf(head, { cases: [aCase({ alertRequests: [request] })] });
    const { body } = await refused(again, 'request-id-used');
    expect(body).toMatchObject({ sitrepId: again.id, requestIds: [request.id], count: 1 });
    expect((await service.api.get(`/v1/alerts/${request.id}`)).status).toBe(404);
  });

  test('because its parent was never in history', async () => {
    const { body } = await refused(aChildOf(head, { parentId: newId() }), 'parent-not-current');
    expect(body.current).toMatchObject({ id: head.id });
  });
});

describe('when the answer of Temporal is lost', () => {
  /** The first request to Temporal goes through; its answer doesn't. */
  function loseAnswer(): void {
    const { workflow } = service.temporal.client;
    const ask = workflow.executeUpdateWithStart.bind(workflow);
    vi.spyOn(workflow, 'executeUpdateWithStart').mockImplementationOnce(async (...asked) => {
      await ask(...(asked as Parameters<typeof ask>));
      throw new Error('The connection was lost.');
    });
  }

  test('a sitrep that became current is answered 201 all the same', async () => {
    loseAnswer();
    expect(await moveOn()).toMatchObject({ status: 201, body: { id: head.id, state: 'current' } });
  });

  test('one that lost is answered 409 all the same', async () => {
    const lost = aChildOf(head);
    await moveOn();
    loseAnswer();
    const reply = await submit(lost);
    expect({ status: reply.status, type: typeOf(reply) }).toEqual({
      status: 409,
      type: 'parent-not-current',
    });
  });

  test('one that was decided before is answered 200', async () => {
    await moveOn();
    await lifecycle(head.id).terminate('by hand');
    loseAnswer();
    expect((await submit(head)).status).toBe(200);
  });
});

describe('when Temporal cannot be reached', () => {
  test('the answer is 503, and the same document goes through later', async () => {
    const { workflow } = service.temporal.client;
    vi.spyOn(workflow, 'executeUpdateWithStart').mockRejectedValueOnce(new Error('unavailable'));
    const sent = aChildOf(head);
    const reply = await submit(sent);
    expect({ status: reply.status, type: typeOf(reply) }).toEqual({ status: 503, type: 'unavailable' });
    expect(reply.body.sitrepId).toBe(sent.id);
    expect((await service.api.get(`/v1/sitreps/${sent.id}`)).body).toMatchObject({ state: 'submitted' });
    expect(await submit(sent)).toMatchObject({ status: 201, body: { state: 'current' } });
    head = sent;
  });

  test('not even to be asked about the lifecycle, the answer is 503 too', async () => {
    const { workflow } = service.temporal.client;
    vi.spyOn(workflow, 'executeUpdateWithStart').mockRejectedValueOnce(new Error('unavailable'));
    vi.spyOn(workflow, 'getHandle').mockImplementationOnce(() => {
      throw new Error('unavailable');
    });
    expect((await submit(aChildOf(head))).status).toBe(503);
  });
});

test('[I7] a document whose sitrep was collected is answered 409, and leaves nothing', async () => {
  const small = await TestService.start({ worker: false });
  try {
    await small.startWorker({ SITREP_KEEP_VERSIONS: '1' });
    const first = aSitrep({}, 2);
    expect((await small.api.submit(first)).status).toBe(201);
    expect((await small.api.submit(aChildOf(first, { cases: [] }))).status).toBe(201);
    await small.temporal.client.workflow.getHandle(workflowIdOf(first.id)).result();
    expect((await small.api.get(`/v1/sitreps/${first.id}`)).status).toBe(404);
    for (const _ of ['once', 'again']) {
      expect(typeOf(await small.api.submit(first))).toBe('parent-not-current');
      expect(await small.api.count('sitrep_submission')).toBe(0);
    }

    await checkInvariants(small.api.db.pool, { keep: 1 });
  } finally {
    await small.close();
  }
});

test('while no worker runs the answer is 202 with where to ask, and a later worker takes it up', async () => {
  const idle = await TestService.start({ worker: false });
  try {
    const first = aSitrep();
    const waiting = idle.api.submit(first);
    await expect
      .poll(async () => (await idle.api.get(`/v1/sitreps/${first.id}`)).body?.state)
      .toBe('submitted');
    await expect.poll(() => statusOf(idle, first.id)).toBe('RUNNING');
    const twin = await idle.api.submit(first);
    expect(twin).toMatchObject({ status: 202, body: { id: first.id, state: 'submitted', version: null } });
    expect(typeOf(await idle.api.submit({ ...first, comment: 'another' }))).toBe('sitrep-id-reused');

    const reply = await waiting;
    expect(reply).toMatchObject({ status: 202, body: { id: first.id, state: 'submitted', version: null } });
    expect(reply.headers.location).toBe(`/v1/sitreps/${first.id}`);
    await idle.startWorker();
    await expect
      .poll(async () => (await idle.api.get(reply.headers.location as string)).body.state)
      .toBe('current');
  } finally {
    await idle.close();
  }
}, 60_000);

async function statusOf({ temporal }: TestService, sitrepId: string): Promise<string | null> {
  const handle = temporal.client.workflow.getHandle(workflowIdOf(sitrepId));
  return handle.describe().then(
    ({ status }) => status.name,
    () => null,
  );
}
