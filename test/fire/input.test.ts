import { Client, Connection } from '@temporalio/client';
import fc from 'fast-check';
import pg from 'pg';
import { expect, inject } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { startTestApi, TestService } from '../api/harness.ts';
import { keepAnalysis } from '../support/analysis.ts';
import { aCase, aChildOf, aRequest, aSitrep } from '../support/document.ts';
import { ereportsOf } from '../support/ereports.ts';
import { holdAnalysis } from '../support/hold-analysis.ts';
import { checkInvariants } from '../support/invariants.ts';
import { AttackedApi, OF_ONE_RESTART, words } from './input/attacked-api.ts';
import { brokenRequest, fromNowhere, MAX_BODY } from './input/broken-request.ts';
import type { Answer, Request } from './input/http.ts';
import type { Operation } from './input/served-document.ts';
import { strangeBytes } from './input/strange-bytes.ts';
import { Untouched } from './input/untouched.ts';
import { NOBODY, validRequest } from './input/valid-request.ts';
import type { Tally } from './tally.ts';
import { underFire } from './under-fire.ts';

/** How often each thing is tried in a round. */
const RUNS = {
  submit: 30,
  tend: 3,
  withParameters: 20,
  without: 2,
  broken: 400,
  bytes: 100,
  atOnce: 150,
  away: 60,
  forTheRest: 300,
};
const CLIENTS = 8;
const RECEIVERS = 30;

underFire(
  '[I32] whatever a client sends is answered as documented, never with 5xx, and never written in part',
  300_000,
  async (seed, tally) => {
    await Promise.all([attack(seed, tally), askWithoutTemporal(seed, tally)]);
  },
);

async function attack(seed: number, tally: Tally): Promise<void> {
  const service = await TestService.start({ maxBodyBytes: MAX_BODY });
  try {
    // Or it would write whenever it likes, and be set on and off by what is asked.
    await holdAnalysis(service.temporal.client);
    const attacked = await AttackedApi.of(service.api, tally);
    await begin(attacked);
    await askWhatIsValid(attacked, seed);
    await askWhatIsNot(attacked, seed);
    await sendStrangeBytes(attacked, seed);
    await askAtOnce(attacked, seed);
    await service.stopWorker();
    await askWithoutPostgres(attacked, seed);
    await checkInvariants(service.api.db.pool);
    expectToHaveTriedAll(attacked);
  } finally {
    await service.close();
  }
}

/** Two versions, of which analysis made the second, and so many alerts and receivers that some are left when many have been deleted. */
async function begin({ api }: AttackedApi): Promise<void> {
  for (let n = 0; n < RECEIVERS; n++) {
    const subscriptions = ['test.quux.bar'];
    const body = { name: `deaf-${n}`, endpoint: NOBODY, subscriptions, retryDelays: [0] };
    expect((await api.post('/v1/receivers', body)).status).toBe(201);
  }
  const reported = ereportsOf(newId(), 5, { class: OF_ONE_RESTART, serialNumber: 'S1' });
  expect((await api.post('/v1/ereports', reported)).status).toBe(200);
  const alertRequests = Array.from({ length: 50 }, () => aRequest());
  const told = Array.from({ length: 2 }, () => aRequest({ class: 'test.quux.bar' }));
  const ereports = [{ restartId: newId(), ena: '0x1' }];
  const cases = [aCase({ ereports, alertRequests }), aCase({ alertRequests: told })];
  const first = aSitrep({ cases });
  const second = aChildOf(first, { cases: [...cases, aCase()] });
  for (const sent of [first, second]) expect((await api.submit(sent)).status).toBe(201);
  await keepAnalysis(api.db.pool, second.id);
}

async function askWhatIsValid(attacked: AttackedApi, seed: number): Promise<void> {
  for (const operation of attacked.document.operations) {
    await attacked.settle();
    const request = validRequest(attacked.document, operation, await attacked.known());
    await fc.assert(
      fc.asyncProperty(request, async (asked) => {
        const answer = await attacked.ask(asked);
        expectNoFaultOfShape(asked, answer);
        if (asked.method !== 'GET' && answer.status < 300) await attacked.refreshCurrent();
      }),
      {
        seed,
        numRuns: runsOf(operation.method, operation.path, operation.parameters.length),
        // Nothing is wrong with these, and to find a simpler one would commit hundreds of sitreps.
        endOnFailure: true,
      },
    );
    await askForTheRest(attacked, request, seed, successesOf(operation));
  }
}

/** Asks on until each success that is documented was answered: by luck, none of those before may have led to it. */
async function askForTheRest(
  attacked: AttackedApi,
  request: fc.Arbitrary<Request>,
  seed: number,
  successes: string[],
): Promise<void> {
  for (const asked of fc.sample(request, { seed: seed + 1, numRuns: RUNS.forTheRest })) {
    if (successes.every((answer) => attacked.answered.has(answer))) return;
    await attacked.ask(asked);
    await attacked.refreshCurrent();
  }
}

function runsOf(method: string, path: string, parameters: number): number {
  if (path === '/v1/tend') return RUNS.tend;
  if (method === 'POST' || method === 'PUT') return RUNS.submit;
  return parameters > 0 ? RUNS.withParameters : RUNS.without;
}

/**
 * What the document allows is refused for its meaning only, such as a parent that isn't current. A text that can't
 * be stored and a number of 65 bits are beyond what a schema can say.
 */
const FAULT_OF_SHAPE =
  /^(?:is required|is not a known field|must be an? (?!unsigned)|must have at most \d+ char|must not be empty)/;

function expectNoFaultOfShape(request: Request, { status, body }: Answer): void {
  // Of ereports, some are refused while others are taken.
  if (status !== 422 && request.method !== 'POST') return;
  const { faults = [] } = JSON.parse(body.toString()) as { faults?: { pointer: string; detail: string }[] };
  const ofShape = faults.filter(
    ({ pointer, detail }) => pointer !== '/query/cursor' && FAULT_OF_SHAPE.test(detail),
  );
  expect(ofShape, words(request)).toEqual([]);
}

async function askWhatIsNot(attacked: AttackedApi, seed: number): Promise<void> {
  await attacked.settle();
  const known = await attacked.known();
  const valid = attacked.document.operations.map((operation) =>
    validRequest(attacked.document, operation, known),
  );
  const submission = validRequest(attacked.document, attacked.operation('POST', '/v1/sitreps'), known);
  const reporting = validRequest(attacked.document, attacked.operation('POST', '/v1/ereports'), known);
  const lists = fc.oneof(
    ...['/v1/sitreps', '/v1/alerts', '/v1/ereports'].map((path) =>
      validRequest(attacked.document, attacked.operation('GET', path), known),
    ),
  );
  const broken = fc.oneof(
    { weight: 2, arbitrary: brokenRequest(fc.oneof(...valid)) },
    { weight: 2, arbitrary: brokenRequest(submission) },
    { weight: 2, arbitrary: brokenRequest(reporting) },
    { weight: 1, arbitrary: fromNowhere(lists) },
  );
  const untouched = await Untouched.watch(attacked.api.db.pool);
  await fc.assert(
    fc.asyncProperty(broken, async (request) => {
      let written = true;
      try {
        const answer = await attacked.ask(request);
        written = mayHaveWritten(request, answer);
        if (written) expectDocumentedBody(attacked, request, answer);
        else await untouched.check(words(request));
      } finally {
        // Also when it has failed: what fast-check tries next, to find a simpler request that does, begins anew.
        if (written) await settle(attacked, untouched);
      }
    }),
    { seed, numRuns: RUNS.broken },
  );
  await untouched.checkWhole('all that was broken');
}

async function settle(attacked: AttackedApi, untouched: Untouched): Promise<void> {
  await attacked.settle();
  await attacked.refreshCurrent();
  await untouched.accept();
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
function expectDocumentedBody(attacked: AttackedApi, request: Request, answer: Answer): void {
  const { method, target, headers, body } = request;
  if (method !== 'POST' || headers.some(([name]) => name === 'Transfer-Encoding')) return;
  // A byte order mark may be there, and is no part of the text (RFC 8259, 8.1).
  const text = (body?.toString() ?? '').replace(/^\ufeff/, '');
  const isValid = (path: string, value: unknown) => {
    const { body: schema, line } = attacked.operation('POST', path);
    return attacked.document.isValid(line ?? schema ?? {}, value);
  };
  if (target.startsWith('/v1/sitreps')) {
    expect(isValid('/v1/sitreps', JSON.parse(text)), text.slice(0, 1_000)).toBe(true);
  } else if (target.startsWith('/v1/ereports')) {
    const valid = inBatch(request, text).filter((ereport) => isValid('/v1/ereports', ereport));
    const counts = JSON.parse(answer.body.toString());
    expect(counts.new + counts.known, text.slice(0, 1_000)).toBeLessThanOrEqual(valid.length);
  }
}

/** What may be an ereport of a body. */
function inBatch({ headers }: Request, text: string): unknown[] {
  const isNdjson = headers.some(([name, value]) => name === 'Content-Type' && value.includes('ndjson'));
  return isNdjson ? text.split('\n').flatMap(parsed) : parsed(text).flat();
}

function parsed(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return [];
  }
}

async function sendStrangeBytes(attacked: AttackedApi, seed: number): Promise<void> {
  await attacked.settle();
  const known = await attacked.known();
  const submission = validRequest(attacked.document, attacked.operation('POST', '/v1/sitreps'), known);
  const read = validRequest(attacked.document, attacked.operation('GET', '/v1/sitreps/{sitrep}'), known);
  const untouched = await Untouched.watch(attacked.api.db.pool);
  await fc.assert(
    fc.asyncProperty(strangeBytes(submission, read), async ({ pieces, least }) => {
      const answers = await attacked.send(pieces, [], { halfClose: least === 0 });
      const what = Buffer.concat(pieces).toString('latin1').slice(0, 500);
      expect(answers.length, what).toBeGreaterThanOrEqual(least);
      for (const { status } of answers) expect(status, what).toBeLessThan(500);
      await untouched.check(what);
    }),
    { seed, numRuns: RUNS.bytes },
  );
  await untouched.checkWhole('all strange bytes');
}

async function askAtOnce(attacked: AttackedApi, seed: number): Promise<void> {
  const known = await attacked.known();
  const valid = fc.oneof(
    ...attacked.document.operations.map((operation) => validRequest(attacked.document, operation, known)),
  );
  const any = fc.oneof({ weight: 3, arbitrary: valid }, { weight: 1, arbitrary: brokenRequest(valid) });
  const requests = fc.sample(any, { seed, numRuns: RUNS.atOnce }).values();
  const client = async () => {
    for (const request of requests) await attacked.ask(request);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await attacked.settle();
  await checkInvariants(attacked.api.db.pool);
}

/** Postgres lets nobody in: whatever needs it is answered 503 with when to try again, and all is well afterwards. */
async function askWithoutPostgres(attacked: AttackedApi, seed: number): Promise<void> {
  const known = await attacked.known();
  // These wait for a worker, which would have them again when Postgres is back.
  const harmless = attacked.document.operations.filter(
    ({ path }) => path !== '/v1/tend' && path !== '/v1/rediagnosis',
  );
  const request = fc.oneof(...harmless.map((operation) => validRequest(attacked.document, operation, known)));
  await allowConnections(attacked, false);
  try {
    await fc.assert(
      fc.asyncProperty(request, async (asked) => {
        await attacked.askWhileAway(asked);
      }),
      { seed, numRuns: RUNS.away },
    );
  } finally {
    await allowConnections(attacked, true);
  }
  await expect
    .poll(async () => (await attacked.ask(attacked.get('/v1/sitreps/current'))).status, { timeout: 30_000 })
    .toBe(200);
}

/** An API of its own whose Temporal is away. What needs it says so in seconds; the rest is as ever. */
async function askWithoutTemporal(seed: number, tally: Tally): Promise<void> {
  const nowhere = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) });
  const api = await startTestApi(nowhere, { maxBodyBytes: MAX_BODY });
  try {
    const attacked = await AttackedApi.of(api, tally);
    const known = await attacked.known();
    const requests = attacked.document.operations.flatMap((operation) =>
      fc.sample(validRequest(attacked.document, operation, known), { seed, numRuns: 2 }),
    );
    await Promise.all(requests.map((request) => attacked.askWhileAway(request)));
    for (const needing of ['POST /v1/tend', 'GET /readyz']) {
      expect([...attacked.answered.keys()]).toContain(`${needing} 503`);
      expect([...attacked.answered.keys()]).not.toContain(`${needing} 200`);
    }
    await checkInvariants(api.db.pool);
  } finally {
    await api.close();
  }
}

async function allowConnections({ api }: AttackedApi, allowed: boolean): Promise<void> {
  const database = new URL(api.db.url).pathname.slice(1);
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
  const successes = document.operations.flatMap(successesOf);
  expect(successes.filter((answer) => !answered.has(answer))).toEqual([]);
}

function successesOf({ method, path, responses }: Operation): string[] {
  return (
    Object.keys(responses)
      .filter((status) => Number(status) < 400)
      .map((status) => `${method} ${path} ${status}`)
      // Undecided after ten seconds: that takes a worker that is away.
      .filter((answer) => answer !== 'POST /v1/sitreps 202')
  );
}
