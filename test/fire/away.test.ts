import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../e2e/local-stack.ts';
import { aChildOf, aSitrep } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { OwnServers } from './processes/own-servers.ts';
import type { ServedPart } from './processes/served-part.ts';
import { Stage } from './processes/stage.ts';
import { Tally } from './tally.ts';

const PATIENCE = 120_000;

let servers: OwnServers;
let stage: Stage;
let api: ServedPart;
let worker: ServedPart;
let pids: unknown[];
beforeAll(async () => {
  servers = await OwnServers.start();
  const env = { SITREP_WORKER_LISTEN: '127.0.0.1:0', SITREP_GRACE_SECONDS: '1' };
  stage = await Stage.open(servers, env, new Tally());
  [api, worker] = await Promise.all([stage.serve('api'), stage.serve('worker')]);
  pids = [api.pid, worker.pid];
  await Promise.all([api, worker].map(untilReady));
}, 180_000);
afterAll(async () => {
  await stage?.close();
  await servers?.stop();
});

interface Answer {
  status: number;
  retryAfter: string | null;
  body: { id?: string; detail?: string; checks?: Record<string, string> };
}

async function ask({ url }: ServedPart, path: string, document?: unknown): Promise<Answer> {
  const reply = await fetch(new URL(path, url), {
    method: document === undefined ? 'GET' : 'POST',
    ...(document ? { body: JSON.stringify(document), headers: { 'content-type': 'application/json' } } : {}),
  });
  return {
    status: reply.status,
    retryAfter: reply.headers.get('retry-after'),
    body: (await reply.json()) as Answer['body'],
  };
}

function untilReady(part: ServedPart): Promise<void> {
  const isReady = async () => (await ask(part, '/readyz')).status === 200;
  return until(`serve ${part.part} is ready`, isReady, PATIENCE);
}

/** Who needs what is away says so, and which it is; that it lives, nobody has to doubt. */
async function expectUnready(away: 'postgres' | 'temporal'): Promise<void> {
  for (const part of [api, worker]) {
    const isUnready = async () => (await ask(part, '/readyz')).status === 503;
    await until(`serve ${part.part} is not ready`, isUnready, PATIENCE);
    const { body } = await ask(part, '/readyz');
    expect(Object.entries(body.checks ?? {}).filter(([, said]) => said !== 'ready')).toEqual([
      [away, expect.any(String)],
    ]);
    expect(body.detail).toMatch(new RegExp(`^${away}: `));
    expect(await ask(part, '/livez')).toMatchObject({ status: 200, body: { status: 'alive' } });
  }
}

const LATER = { status: 503, retryAfter: expect.stringMatching(/^[0-9]+$/) };

/** All by itself, and in the same processes. */
async function expectToGoOn(): Promise<void> {
  await Promise.all([api, worker].map(untilReady));
  expect([api, worker].map(({ isRunning }) => isRunning)).toEqual([true, true]);
  expect([api.pid, worker.pid]).toEqual(pids);
}

async function untilCurrent(id: string): Promise<void> {
  const isCurrent = async () => (await ask(api, '/v1/sitreps/current')).body.id === id;
  await until(`${id} is current`, isCurrent, PATIENCE);
}

const ereport = () => ({
  restartId: crypto.randomUUID(),
  ena: '1',
  reporter: { type: 'source', source: 'somewhere' },
  class: 'nobody.reads.this',
});
const first = aSitrep({}, 3);
const second = aChildOf(first);
const third = aChildOf(second);

test('[I28] while Postgres is away API and worker say so, answer 503, and go on once it is back', async () => {
  expect(await ask(api, '/v1/sitreps', first)).toMatchObject({ status: 201 });
  await servers.crashPostgres(async () => {
    await expectUnready('postgres');
    for (const path of ['/v1/sitreps/current', '/v1/alerts', '/v1/ereports']) {
      expect(await ask(api, path), path).toMatchObject(LATER);
    }
    expect(await ask(api, '/v1/sitreps', second)).toMatchObject(LATER);
    expect(await ask(api, '/v1/ereports', ereport())).toMatchObject(LATER);
  });
  await expectToGoOn();
  expect(await ask(api, '/v1/sitreps', second)).toMatchObject({ status: 201 });
  await untilCurrent(second.id);
  await checkInvariants(stage.pool);
}, 200_000);

test('[I28] while Temporal is away they say so; what does not need it is answered, and what does goes on once it is back', async () => {
  await servers.crashTemporal(async () => {
    await expectUnready('temporal');
    expect(await ask(api, '/v1/tend', null)).toMatchObject(LATER);
    expect(await ask(api, '/v1/sitreps/current')).toMatchObject({ status: 200 });
    expect(await ask(api, '/v1/ereports', ereport())).toMatchObject({ status: 200, body: { new: 1 } });
  });
  await expectToGoOn();
  const answered = async () => [200, 201].includes((await ask(api, '/v1/sitreps', third)).status);
  await until('it is submitted', answered, PATIENCE);
  await untilCurrent(third.id);
  await until(
    'its ereport is read',
    async () => (await stage.pool.query('SELECT FROM ereport WHERE set_aside IS NULL')).rowCount === 0,
    PATIENCE,
  );
  await checkInvariants(stage.pool);
}, 200_000);

test('asked to stop while both are away, they end in order', async () => {
  await servers.crashTemporal(() =>
    servers.crashPostgres(async () => {
      await Promise.all([api.stop(), worker.stop()]);
    }),
  );
}, 200_000);
