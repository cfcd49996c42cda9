import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROUTES } from '../../src/api/routes/index.ts';
import { newId } from '../../src/model/id.ts';
import { aCase, aChildOf, aRequest, aSitrep } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { TestService } from './harness.ts';

let service: TestService;
const first = aSitrep({
  cases: [aCase({ ereports: [{ restartId: newId(), ena: '0x1' }], alertRequests: [aRequest(), aRequest()] })],
});
beforeAll(async () => {
  service = await TestService.start();
  expect((await service.api.submit(first)).status).toBe(201);
});
afterAll(() => service.close());

/** Any JSON value, its texts among them that a database or a router might stumble over. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\u0000', '\ud800', '__proto__', 'constructor', 'v1', '0x0', '', '2026-11-20T08:10:27Z'),
  fc.uuid(),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, 0, -0, -1, 2 ** 31, 2 ** 53, 1e308, 5e-324),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    text,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(text, tie('value'), { maxKeys: 5 }),
  ),
})).value;

/** A sound document in which one value, somewhere, is another, or is gone. */
const nearlySound = fc
  .record({ at: fc.nat(), by: json, how: fc.constantFrom('replace', 'remove', 'add'), key: text })
  .map(({ at, by, how, key }) => {
    const document = aChildOf(first) as unknown as Record<string, unknown>;
    const places: [Record<string, unknown>, string][] = [];
    const walk = (value: unknown) => {
      if (typeof value !== 'object' || value === null) return;
      for (const [name, child] of Object.entries(value)) {
        places.push([value as Record<string, unknown>, name]);
        walk(child);
      }
    };
    walk(document);
    const [holder, name] = places[at % places.length] as [Record<string, unknown>, string];
    if (how === 'replace') holder[name] = by;
    else if (how === 'remove') delete holder[name];
    else holder[key] = by;
    return document;
  });

const RUNS = { numRuns: 300 };

describe('whatever a client sends', () => {
  test('[I32] any JSON as a document is answered, and never with 5xx', () =>
    fc.assert(
      fc.asyncProperty(json, async (document) => {
        expect((await service.api.submit(document)).status).toBeLessThan(500);
      }),
      RUNS,
    ));

  test('[I32] any bytes as a document are answered, and never with 5xx', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect((await service.api.submit(Buffer.from(bytes))).status).toBeLessThan(500);
      }),
      RUNS,
    ));

  test('[I32] a document that is nearly sound is answered, never with 5xx, and breaks nothing', async () => {
    await fc.assert(
      fc.asyncProperty(nearlySound, async (document) => {
        expect((await service.api.submit(document)).status).toBeLessThan(500);
      }),
      RUNS,
    );
    await checkInvariants(service.api.db.pool);
  }, 120_000);

  test('[I32] any parameters are answered, and never with 5xx', () => {
    const routes = ROUTES.filter(({ method, path }) => method !== 'POST' && path.startsWith('/v1/'));
    const names = ['limit', 'cursor', 'state', 'class', 'caseId', 'dryRun', 'x'];
    const parameter = fc.tuple(fc.constantFrom(...names), fc.oneof(text, fc.nat().map(String), cursor));
    return fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...routes),
        fc.oneof(text, cursor),
        fc.array(parameter, { maxLength: 3 }),
        async ({ method, path }, segment, parameters) => {
          const filled = path.replace(/\{\w+\}/, encode(segment));
          const query = parameters.map(([name, value]) => `${name}=${encode(value)}`).join('&');
          expect((await service.api.ask(method, `${filled}?${query}`)).status).toBeLessThan(500);
        },
      ),
      RUNS,
    );
  });

  test('[I32] any cursor is answered, and never with 5xx', () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom('sitreps', 'alerts'), cursor, async (list, value) => {
        expect((await service.api.get(`/v1/${list}?cursor=${value}`)).status).toBeLessThan(500);
      }),
      RUNS,
    ));
});

/** Cursors as pages end with them, but for times of which some don't exist. */
const digits = (length: number, ...numbers: number[]) =>
  fc.constantFrom(...numbers).map((number) => String(number).padStart(length, '0'));
const cursor = fc
  .tuple(
    digits(4, 0, 1, 1970, 2026, 9999),
    digits(2, 0, 1, 2, 4, 12, 13),
    digits(2, 0, 1, 28, 29, 30, 31, 32),
    digits(2, 0, 23, 24, 25),
    digits(2, 0, 59, 60),
    digits(2, 0, 59, 60, 61),
    digits(6, 0, 999_999),
    fc.uuid(),
  )
  .map(([year, month, day, hour, minute, second, fraction, id]) =>
    Buffer.from(
      JSON.stringify([`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction}Z`, id]),
    ).toString('base64url'),
  );

function encode(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}
