import fc from 'fast-check';
import pg from 'pg';
import { expect, inject } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { aCase, aChildOf, aRequest, aSitrep } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { AttackedApi, words } from './input/attacked-api.ts';
import { brokenRequest } from './input/broken-request.ts';
import type { Answer, Request } from './input/http.ts';
import { strangeBytes } from './input/strange-bytes.ts';
import { Untouched } from './input/untouched.ts';
import { validRequest } from './input/valid-request.ts';
import { underFire } from './under-fire.ts';

/** How often each thing is tried in a round. */
const RUNS = {
  submit: 50,
  tend: 3,
  withParameters: 25,
  without: 2,
  broken: 400,
  bytes: 150,
  atOnce: 200,
  away: 60,
};
const CLIENTS = 8;

underFire(
  '[I32] whatever a client sends is answered as documented, never with 5xx, and never written in part',
  180_000,
  async (seed, tally) => {
    const api = await AttackedApi.start(tally);
    try {
      await begin(api);
      await askWhatIsValid(api, seed);
      await askWhatIsNot(api, seed);
      await sendStrangeBytes(api, seed);
      await askAtOnce(api, seed);
      await api.service.stopWorker();
      await askWithoutPostgres(api, seed);
      await checkInvariants(api.service.api.db.pool);
      expectToHaveTriedAll(api);
    } finally {
      await api.service.close();
    }
  },
);

/** Two versions, and so many alerts that some are left when many have been deleted. */
async function begin({ service }: AttackedApi): Promise<void> {
  const alertRequests = Array.from({ length: 50 }, () => aRequest());
  const first = aSitrep({
    cases: [aCase({ ereports: [{ restartId: newId(), ena: '0x1' }], alertRequests })],
  });
  for (const sent of [first, aChildOf(first)]) expect((await service.api.submit(sent)).status).toBe(201);
}

async function askWhatIsValid(api: AttackedApi, seed: number): Promise<void> {
  for (const operation of api.document.operations) {
    await api.settle();
    const request = validRequest(api.document, operation, await api.known());
    await fc.assert(
      fc.asyncProperty(request, async (asked) => {
        const answer = await api.ask(asked);
        expectNoFaultOfShape(asked, answer);
        if (answer.status === 201) await api.refreshCurrent();
      }),
      { seed, numRuns: runsOf(operation.method, operation.path, operation.parameters.length) },
    );
  }
}

function runsOf(method: string, path: string, parameters: number): number {
  if (path === '/v1/tend') return RUNS.tend;
  if (method === 'POST') return RUNS.submit;
  return parameters > 0 ? RUNS.withParameters : RUNS.without;
}

/**
 * What the document allows is refused for its meaning only, such as a parent that isn't current. A text that can't
 * be stored and a number of 65 bits are beyond what a schema can say.
 */
const FAULT_OF_SHAPE =
  /^(?:is required|is not a known field|must be an? (?!unsigned)|must have at most \d+ char|must not be empty)/;

function expectNoFaultOfShape(request: Request, { status, body }: Answer): void {
  if (status !== 422) return;
  const { faults } = JSON.parse(body.toString()) as { faults: { pointer: string; detail: string }[] };
  const ofShape = faults.filter(
    ({ pointer, detail }) => pointer !== '/query/cursor' && FAULT_OF_SHAPE.test(detail),
  );
  expect(ofShape, words(request)).toEqual([]);
}

async function askWhatIsNot(api: AttackedApi, seed: number): Promise<void> {
  await api.settle();
  const known = await api.known();
  const valid = api.document.operations.map((operation) => validRequest(api.document, operation, known));
  const submission = validRequest(api.document, api.operation('POST', '/v1/sitreps'), known);
  const broken = brokenRequest(
    fc.oneof({ weight: 1, arbitrary: fc.oneof(...valid) }, { weight: 1, arbitrary: submission }),
  );
  const untouched = await Untouched.watch(api.service.api.db.pool);
  await fc.assert(
    fc.asyncProperty(broken, async (request) => {
      const answer = await api.ask(request);
      if (mayHaveWritten(request, answer)) {
        expectDocumentedBody(api, request);
        await api.settle();
        await api.refreshCurrent();
        await untouched.accept();
      } else {
        await untouched.check(words(request));
      }
    }),
    { seed, numRuns: RUNS.broken },
  );
  await untouched.checkWhole('all that was broken');
}

/** What has a parent that was current once is written whole, and has lost. */
function mayHaveWritten({ method }: Request, { status, body }: Answer): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return (
    status < 300 ||
    (status === 409 && JSON.parse(body.toString()).type === 'urn:sitrep:problem:parent-not-current')
  );
}

/** What is not in the document is not accepted either. */
function expectDocumentedBody(api: AttackedApi, { method, target, headers, body }: Request): void {
  const schema =
    method === 'POST' && target.startsWith('/v1/sitreps') ? api.operation('POST', '/v1/sitreps').body : null;
  if (!schema || headers.some(([name]) => name === 'Transfer-Encoding')) return;
  const text = body?.toString() ?? '';
  expect(api.document.isValid(schema, JSON.parse(text)), text.slice(0, 1_000)).toBe(true);
}

async function sendStrangeBytes(api: AttackedApi, seed: number): Promise<void> {
  await api.settle();
  const known = await api.known();
  const submission = validRequest(api.document, api.operation('POST', '/v1/sitreps'), known);
  const read = validRequest(api.document, api.operation('GET', '/v1/sitreps/{sitrep}'), known);
  const untouched = await Untouched.watch(api.service.api.db.pool);
  await fc.assert(
    fc.asyncProperty(strangeBytes(submission, read), async ({ pieces, least }) => {
      const answers = await api.send(pieces, [], { halfClose: least === 0 });
      const what = Buffer.concat(pieces).toString('latin1').slice(0, 500);
      expect(answers.length, what).toBeGreaterThanOrEqual(least);
      for (const { status } of answers) expect(status, what).toBeLessThan(500);
      await untouched.check(what);
    }),
    { seed, numRuns: RUNS.bytes },
  );
  await untouched.checkWhole('all strange bytes');
}

async function askAtOnce(api: AttackedApi, seed: number): Promise<void> {
  const known = await api.known();
  const valid = fc.oneof(
    ...api.document.operations.map((operation) => validRequest(api.document, operation, known)),
  );
  const any = fc.oneof({ weight: 3, arbitrary: valid }, { weight: 1, arbitrary: brokenRequest(valid) });
  const requests = fc.sample(any, { seed, numRuns: RUNS.atOnce }).values();
  const client = async () => {
    for (const request of requests) await api.ask(request);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await api.settle();
  await checkInvariants(api.service.api.db.pool);
}

/** Postgres lets nobody in: whatever needs it is answered 503 with when to try again, and all is well afterwards. */
async function askWithoutPostgres(api: AttackedApi, seed: number): Promise<void> {
  const known = await api.known();
  const harmless = api.document.operations.filter(({ path }) => path !== '/v1/tend');
  const request = fc.oneof(...harmless.map((operation) => validRequest(api.document, operation, known)));
  await allowConnections(api, false);
  try {
    await fc.assert(
      fc.asyncProperty(request, async (asked) => {
        const { status } = await api.askWhileAway(asked);
        expect(status === 503 || status < 500, words(asked)).toBe(true);
      }),
      { seed, numRuns: RUNS.away },
    );
  } finally {
    await allowConnections(api, true);
  }
  await expect
    .poll(async () => (await api.ask(api.get('/v1/sitreps/current'))).status, { timeout: 30_000 })
    .toBe(200);
}

async function allowConnections({ service }: AttackedApi, allowed: boolean): Promise<void> {
  const database = new URL(service.api.db.url).pathname.slice(1);
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  await client.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS ${allowed}`);
  if (!allowed) {
    await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
      database,
    ]);
  }
  await client.end();
}

/** Without this, a generator whose requests are all refused would look as good as any. */
function expectToHaveTriedAll({ document, answered }: AttackedApi): void {
  const successes = document.operations.flatMap(({ method, path, responses }) =>
    Object.keys(responses)
      .filter((status) => Number(status) < 400)
      .map((status) => `${method} ${path} ${status}`),
  );
  // Undecided after ten seconds: that takes a worker that is away.
  const tried = successes.filter((answer) => answer !== 'POST /v1/sitreps 202');
  expect(tried.filter((answer) => !answered.has(answer))).toEqual([]);
}
