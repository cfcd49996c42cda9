import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import type { SitrepView } from '../../src/model/views.ts';
import { writeEreports } from '../../src/store/ereport.ts';
import { submit } from '../../src/store/submission.ts';
import { insert } from '../support/commit.ts';
import { aCase, aChildOf, aRequest, aSitrep, type Sent, submissionOf } from '../support/document.ts';
import { anEreport, taken } from '../support/ereports.ts';
import { checkInvariants } from '../support/invariants.ts';
import { type Reply, TestService, typeOf } from './harness.ts';

const restartId = newId();
const first = aSitrep({
  creator: 'diagnosis of the tests',
  comment: 'it ☃ began',
  cases: [
    aCase({
      engine: 'power_shelf',
      comment: 'unit 4',
      ereports: [
        { restartId, ena: '0x1f', comment: 'known' },
        { restartId, ena: '0xffffffffffffffff', comment: 'not known' },
      ],
      alertRequests: [aRequest({ payload: { text: '☃', list: [1.5, null] }, comment: 'for the night' })],
    }),
  ],
});
const second = aChildOf(first, { cases: [...first.cases, aCase({ alertRequests: [aRequest()] })] });

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
  const known = { restartId, ena: '31', class: 'hw.psu', serialNumber: 'BRM1', body: { volts: 0 } };
  await writeEreports(service.api.db.pool, [taken(anEreport(known))]);
  for (const sent of [first, second]) expect((await service.api.submit(sent)).status).toBe(201);
});
afterAll(async () => {
  await checkInvariants(service.api.db.pool);
  await service.close();
});

const get = (path: string) => service.api.get(path);
const statusAndType = (reply: Reply) => ({ status: reply.status, type: typeOf(reply) });
const NOT_FOUND = { status: 404, type: 'not-found' };

async function currentReconciled(): Promise<SitrepView> {
  await expect.poll(async () => (await get('/v1/sitreps/current')).body.rendezvous.reconciled).toBe(true);
  return (await get('/v1/sitreps/current')).body;
}

test('before any sitrep there is no current one, and no first version', async () => {
  const empty = await TestService.start({ worker: false });
  try {
    expect(statusAndType(await empty.api.get('/v1/sitreps/current'))).toEqual(NOT_FOUND);
    expect(statusAndType(await empty.api.get('/v1/sitreps/v1'))).toEqual(NOT_FOUND);
  } finally {
    await empty.close();
  }
});

describe('a sitrep', () => {
  test('is the same by its id in any spelling, by its version, and as the current one', async () => {
    const current = await currentReconciled();
    for (const name of [second.id, second.id.toUpperCase(), 'v2']) {
      expect((await get(`/v1/sitreps/${name}`)).body).toEqual(current);
    }
    expect((await get('/v1/sitreps/v1')).body.id).toBe(first.id);
  });

  test('shows all that was submitted, and which sitrep each part of it comes from', async () => {
    const [sentCase] = first.cases as [Sent['cases'][number]];
    const requests = sentCase.alertRequests?.map((one) => ({ ...one, requestedSitrepId: first.id }));
    const ereports = sentCase.ereports?.map((one) => ({ ...one, assignedSitrepId: first.id }));
    const caseOfFirst = {
      ...sentCase,
      createdSitrepId: first.id,
      closedSitrepId: null,
      alertRequests: requests,
      ereports,
    };
    const { body: v1 } = await get('/v1/sitreps/v1');
    expect(v1).toMatchObject({ ...first, cases: [caseOfFirst] });
    const { body: v2 } = await get('/v1/sitreps/v2');
    expect(v2.cases).toMatchObject([caseOfFirst, { id: second.cases[1]?.id, createdSitrepId: second.id }]);
  });

  test('shows the body of an ereport where there is one', async () => {
    const { body } = await get(`/v1/sitreps/${first.id}`);
    const [known, unknown] = body.cases[0].ereports;
    expect(known.ereport).toEqual({
      reporter: { type: 'source', source: 'test' },
      class: 'hw.psu',
      serialNumber: 'BRM1',
      partNumber: null,
      timeCollected: '2026-11-20T08:10:27.512000Z',
      body: { volts: 0 },
    });
    expect(unknown).toMatchObject({ ena: '0xffffffffffffffff', ereport: null });
  });

  test('shows its state, version and times, and the lifecycle that runs it', async () => {
    const { body: v1 } = await get('/v1/sitreps/v1');
    const { body: v2 } = await get('/v1/sitreps/v2');
    expect(v1).toMatchObject({ state: 'superseded', version: 1, parentId: null, timeReleased: null });
    expect(v2).toMatchObject({ state: 'current', version: 2, parentId: first.id, timeReleased: null });
    const times = [v1.timeCreated, v1.timeMadeCurrent, v2.timeCreated, v2.timeMadeCurrent];
    expect(times.toSorted()).toEqual(times);
    for (const { workflowId } of [v1, v2]) {
      const lifecycle = service.temporal.client.workflow.getHandle(workflowId);
      expect((await lifecycle.describe()).status.name).toBe('RUNNING');
    }
  });

  test('shows what its last rendezvous did while it is current, and null afterwards', async () => {
    const rendezvous = {
      reconciled: true,
      generation: 2,
      metGeneration: 2,
      last: { sitrepId: second.id, examined: 1, created: 1 },
    };
    expect((await currentReconciled()).rendezvous).toMatchObject(rendezvous);
    expect((await get('/v1/sitreps/v1')).body.rendezvous).toBeNull();
  });

  test('shows already while it is only submitted what it will show later', async () => {
    const { pool } = service.api.db;
    const [known] = second.cases as [Sent['cases'][number]];
    const child = aChildOf(second, { cases: [{ ...known, closed: true, ereports: [] }, aCase()] });
    await submit(pool, submissionOf(child));
    const { body: waiting } = await get(`/v1/sitreps/${child.id}`);
    expect(waiting).toMatchObject({
      state: 'submitted',
      version: null,
      parentId: second.id,
      rendezvous: null,
    });
    await insert(pool, child);
    const { body: inserted } = await get(`/v1/sitreps/${child.id}`);
    expect(inserted).toEqual({ ...waiting, state: 'inserted', timeCreated: inserted.timeCreated });
  });

  test.each([
    ['an id that there never was', newId()],
    ['a version that is to come', 'v1000'],
    ['the largest version that can be asked for', 'v999999999999999'],
  ])('is not found by %s', async (_, name) => {
    expect(statusAndType(await get(`/v1/sitreps/${name}`))).toEqual(NOT_FOUND);
  });

  test.each([
    ...['1', 'v0', 'v01', 'V1', 'v-1', 'v1.0', 'v1000000000000000', 'head', 'currenT'],
    ...['%00', 'v1%2F', 'v%D9%A1', 'sitrep:v1', '00000000-0000-0000-0000'],
  ])('is not asked for as %s', async (name) => {
    const reply = await get(`/v1/sitreps/${name}`);
    expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-parameter' });
    expect(reply.body.faults[0].pointer).toBe('/path/sitrep');
  });
});

describe('what was read', () => {
  test('[I18] can be edited and submitted as the child of what was read', async () => {
    const read = await currentReconciled();
    const [kept, dropped] = read.cases as [SitrepView['cases'][number], SitrepView['cases'][number]];
    const request = aRequest();
    const added = aCase({ alertRequests: [request] });
    const edited = { ...read, id: newId(), parentId: read.id, cases: [{ ...kept, closed: true }, added] };
    const version = (read.version as number) + 1;
    expect(await service.api.submit(edited)).toMatchObject({ status: 201, body: { version } });

    const child = await currentReconciled();
    expect(child).toMatchObject({ id: edited.id, parentId: read.id, version });
    expect(child.cases).toEqual([
      { ...kept, closed: true, closedSitrepId: child.id },
      expect.objectContaining({ id: added.id, createdSitrepId: child.id }),
    ]);
    expect((await get(`/v1/sitreps/${read.id}`)).body.cases).toEqual([kept, dropped]);
    expect((await get(`/v1/alerts/${request.id}`)).status).toBe(200);
  });

  test('can be submitted as a child as it is: nothing in it is new', async () => {
    const read = await currentReconciled();
    const alerts = await service.api.count('alert');
    const child = { ...read, id: newId(), parentId: read.id };
    expect((await service.api.submit(child)).status).toBe(201);
    const { cases, rendezvous } = await currentReconciled();
    expect(cases).toEqual(read.cases);
    expect(rendezvous?.generation).toBe(read.rendezvous?.generation);
    expect(await service.api.count('alert')).toBe(alerts);
  });
});
