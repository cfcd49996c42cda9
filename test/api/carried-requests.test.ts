import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { bring, takeAway } from '../support/alert-classes.ts';
import { configure } from '../support/configuration.ts';
import { aCase, aChildOf, aRequest, aSitrep, type Sent } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { TestService, typeOf } from './harness.ts';

// What an engine's cases have asked for stays asked for, whatever becomes of the engine and its alert classes.

const DOOR = 'test_only.door_left_open';
const asking = (payload: { [name: string]: string }) => aRequest({ class: DOOR, payload });

let service: TestService;
let head: Sent;
beforeAll(async () => {
  service = await TestService.start();
  // Or the analysis would drop a case that is closed, and move history on.
  await configure(service.api.db.pool, { analysisEnabled: false });
  head = aSitrep();
  expect((await service.api.submit(head)).status).toBe(201);
});
afterAll(async () => {
  await checkInvariants(service.api.db.pool);
  await service.close();
});

/** A child of the head, with these cases, becomes the head. */
async function moveOn(cases: Sent['cases']): Promise<void> {
  head = aChildOf(head, { cases });
  expect((await service.api.submit(head)).status).toBe(201);
}

test.each<[string, () => void, string]>([
  ['was taken away', () => takeAway(DOOR), '/class'],
  ['takes another payload by now', () => bring(DOOR, z.strictObject({ room: z.string() })), '/payload/room'],
])('a request whose class %s is carried, its case closed, and none asked for anew', async (_, change, at) => {
  bring(DOOR, z.strictObject({ door: z.string() }));
  const open = aCase({ alertRequests: [asking({ door: 'a' })] });
  await moveOn([open]);
  change();
  await moveOn([open]);
  const closed = { ...open, closed: true };
  await moveOn([closed]);
  const more = aCase({ alertRequests: [aRequest(), asking({ door: 'b' })] });
  const refused = aChildOf(head, { cases: [closed, more] });
  const reply = await service.api.submit(refused);
  expect({ status: reply.status, type: typeOf(reply) }).toEqual({ status: 422, type: 'invalid-sitrep' });
  expect(reply.body.faults[0].pointer).toBe(`/cases/1/alertRequests/1${at}`);
  expect((await service.api.get(`/v1/sitreps/${refused.id}`)).status).toBe(404);
});

test('a carried request keeps what it says, also where its class is gone', async () => {
  bring(DOOR, z.strictObject({ door: z.string() }));
  const [request, other] = [asking({ door: 'a' }), asking({ door: 'b' })];
  const open = aCase({ alertRequests: [request] });
  await moveOn([open]);
  takeAway(DOOR);
  const changed = { ...open, alertRequests: [{ ...request, payload: other.payload }] };
  const reply = await service.api.submit(aChildOf(head, { cases: [changed] }));
  expect(reply.status).toBe(422);
  expect(reply.body.faults).toMatchObject([
    { pointer: '/cases/0/alertRequests/0/payload', detail: expect.stringContaining('what the parent has') },
  ]);
});
