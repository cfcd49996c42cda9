import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { powerShelf } from '../../src/diagnosis/engines/power-shelf.ts';
import { newId } from '../../src/model/id.ts';
import type { RediagnosisPage } from '../../src/model/rediagnosis.ts';
import type { SitrepDocument } from '../../src/model/sitrep.ts';
import { psu } from '../diagnosis/ereports.ts';
import { aReport, keepAnalysis, storedInputs } from '../support/analysis.ts';
import { Diagnosed } from '../support/diagnosed.ts';
import { aCase, aChildOf, aSitrep, submissionOf } from '../support/document.ts';
import { checkInvariants, tableTexts } from '../support/invariants.ts';
import { type Reply, TestService, typeOf } from './harness.ts';

let service: TestService;
const first = aSitrep();
const made = aChildOf(first, { cases: [...first.cases, aCase()] });
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

let removed: SitrepDocument;
let inserted: SitrepDocument;
beforeAll(async () => {
  service = await TestService.start();
  // With the analysis off, so that nothing else moves history on.
  await configure(0, {});
  for (const sent of [first, made]) expect((await service.api.submit(sent)).status).toBe(201);
  const { pool } = service.api.db;
  await keepAnalysis(pool, made.id, inputs, report);
  const history = new Diagnosed(pool);
  history.current = submissionOf(made).document;
  removed = await history.hear([powerShelf], psu({ kind: 'removed' }));
  inserted = await history.hear([powerShelf], psu({ kind: 'inserted', nth: 2 }));
});
afterAll(async () => {
  await checkInvariants(service.api.db.pool);
  await service.close();
});

const get = (path: string) => service.api.get(path);
async function configure(expectedVersion: number, configuration: object): Promise<void> {
  const body = {
    expectedVersion,
    author: 'test',
    configuration: { analysisEnabled: false, ...configuration },
  };
  const headers = { 'content-type': 'application/json' };
  expect((await service.api.ask('PUT', '/v1/configuration', { body, headers })).status).toBe(200);
}
const rediagnose = (query: string) => service.api.post(`/v1/rediagnosis?${query}`, undefined);
const NOTHING = {
  configurationVersion: 0,
  differences: { opened: [], closed: [], changed: [], gone: [], requestsAdded: [], requestsDropped: [] },
  omitted: 0,
  failedEngines: [],
};
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
    ['v5', /no version 5/],
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

/** All pages from a version on; how much comes in one is a matter of time. */
async function rediagnoseAll(from: number): Promise<RediagnosisPage> {
  const { status, body }: Reply = await rediagnose(`from=v${from}`);
  expect(status).toBe(200);
  if (body.nextVersion === null) return body;
  const rest = await rediagnoseAll(body.nextVersion);
  return { ...rest, items: [...body.items, ...rest.items] };
}

describe('versions diagnosed once more', () => {
  test('are those from the one that is asked for on, and nothing is written', async () => {
    const before = await tableTexts(service.api.db.pool);
    expect(await rediagnoseAll(2)).toEqual({
      configurationVersion: 1,
      currentVersion: 4,
      nextVersion: null,
      items: [
        { ...NOTHING, version: 2, sitrepId: made.id, outcome: 'ereportsGone', configurationVersion: null },
        { ...NOTHING, version: 3, sitrepId: removed.id, outcome: 'same' },
        { ...NOTHING, version: 4, sitrepId: inserted.id, outcome: 'same' },
      ],
    });
    expect(await tableTexts(service.api.db.pool)).toEqual(before);
  });

  test('come in pages', async () => {
    const seen: number[] = [];
    let from: number | null = 1;
    while (from !== null) {
      const { body }: Reply = await rediagnose(`from=v${from}&limit=1`);
      seen.push(...body.items.map(({ version }: { version: number }) => version));
      from = body.nextVersion;
    }
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  test('are different with a rule that is in force only now', async () => {
    const rule = { name: 'pulled', class: 'hw.remove.*', count: 1, withinSeconds: 60 };
    await configure(1, { thresholdRules: [rule] });
    const page = await rediagnoseAll(3);
    expect(page.configurationVersion).toBe(2);
    expect(page.items).toMatchObject([
      {
        version: 3,
        outcome: 'different',
        configurationVersion: 0,
        differences: {
          opened: [{ engine: 'threshold.pulled' }],
          gone: [],
          requestsAdded: [{ class: 'threshold.exceeded' }],
        },
      },
      { version: 4, outcome: 'same' },
    ]);
  });

  test.each([
    ['from=v5', /no version 5/],
    ['from=v999999999999999', /no version 999999999999999/],
  ])('are not there for ?%s', async (query, detail) => {
    const reply = await rediagnose(query);
    expect(statusAndType(reply)).toEqual(NOT_FOUND);
    expect(reply.body.detail).toMatch(detail);
  });

  test.each([
    ['', '/query/from'],
    ['from=', '/query/from'],
    ['from=3', '/query/from'],
    ['from=v0', '/query/from'],
    ['from=v1e3', '/query/from'],
    ['from=v9999999999999999', '/query/from'],
    ['from=current', '/query/from'],
    ['from=v1&from=v2', '/query/from'],
    ['from=v1&limit=0', '/query/limit'],
    ['from=v1&to=v2', '/query/to'],
  ])('are not asked for by ?%s', async (query, pointer) => {
    const reply = await rediagnose(query);
    expect(statusAndType(reply)).toEqual({ status: 422, type: 'invalid-parameter' });
    expect(reply.body.faults).toMatchObject([{ pointer }]);
  });

  test('are not there as long as there is no history', async () => {
    const empty = await TestService.start({ worker: false });
    try {
      expect(statusAndType(await empty.api.post('/v1/rediagnosis?from=v1', undefined))).toEqual(NOT_FOUND);
    } finally {
      await empty.close();
    }
  });
});
