import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { aReport, keepAnalysis, storedInputs } from '../support/analysis.ts';
import { aChildOf, aSitrep } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { type Reply, TestService, typeOf } from './harness.ts';

let service: TestService;
const first = aSitrep();
const made = aChildOf(first);
const inputs = storedInputs({ parentId: first.id, arrived: [{ restartId: newId(), ena: '0x1f' }] });
const report = aReport(made.id, {
  cases: [
    {
      id: newId(),
      engine: 'test',
      log: [
        { level: 'warning', event: 'odd', values: { none: null, on: true, n: 1.5, text: '☃', all: ['a'] } },
        { level: 'info', event: 'nothing more' },
      ],
    },
  ],
});

beforeAll(async () => {
  service = await TestService.start();
  for (const sent of [first, made]) expect((await service.api.submit(sent)).status).toBe(201);
  await keepAnalysis(service.api.db.pool, made.id, inputs, report);
});
afterAll(async () => {
  await checkInvariants(service.api.db.pool);
  await service.close();
});

const get = (path: string) => service.api.get(path);
const statusAndType = (reply: Reply) => ({ status: reply.status, type: typeOf(reply) });
const NOT_FOUND = { status: 404, type: 'not-found' };

describe('the report of an analysis', () => {
  test('is read by the version and by the id, in any spelling, of the sitrep that it made', async () => {
    for (const name of ['v2', made.id, made.id.toUpperCase()]) {
      const { status, body } = await get(`/v1/sitreps/${name}/report`);
      expect(status).toBe(200);
      expect(body).toEqual({ sitrepId: made.id, timeCreated: expect.any(String), inputs, report });
    }
  });

  test('is not there of a sitrep that somebody else made, and the answer says so', async () => {
    const reply = await get('/v1/sitreps/v1/report');
    expect(statusAndType(reply)).toEqual(NOT_FOUND);
    expect(reply.body.detail).toBe(
      `The sitrep ${first.id} was not made by analysis, so there is no report of it.`,
    );
  });

  test.each([
    ['v3', /no version 3/],
    [newId(), /no sitrep [0-9a-f-]{36}/],
  ])('is not there of what is no sitrep, such as %s', async (name, detail) => {
    const reply = await get(`/v1/sitreps/${name}/report`);
    expect(statusAndType(reply)).toEqual(NOT_FOUND);
    expect(reply.body.detail).toMatch(detail);
  });

  test.each(['current', 'v0', '%00', `${newId()}%2F`])('is not asked for by %s', async (name) => {
    const reply = await get(`/v1/sitreps/${name}/report`);
    expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-parameter' });
    expect(reply.body.faults).toMatchObject([{ pointer: '/path/sitrep' }]);
  });
});
