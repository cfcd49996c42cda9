import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApi } from '../../src/api/server.ts';
import { testMail } from '../support/mail.ts';
import { connectTemporal, type TestTemporal } from '../support/temporal.ts';
import { GENEROUS, makeToken } from '../support/tokens.ts';
import { startTestApi, type TestApi } from './harness.ts';

let temporal: TestTemporal;
let api: TestApi;
beforeAll(async () => {
  temporal = await connectTemporal();
  api = await startTestApi(temporal.client, { namespace: temporal.namespace });
});
afterAll(async () => {
  await api.close();
  await temporal.close();
});

/** An API at this address, with the database of the other one; what it says in its log. */
async function logOf(listen: string, authentication: typeof GENEROUS | null): Promise<string> {
  const log: string[] = [];
  const { close } = await startApi({
    pool: api.db.pool,
    client: {} as Client,
    listen,
    authentication,
    maxBodyBytes: 1024,
    temporalUiUrl: null,
    namespace: 'default',
    mail: testMail(),
    logger: pino({ level: 'warn' }, { write: (line: string) => log.push(line) }),
  });
  await close();
  return log.join('');
}

test('without authentication nobody is asked for a token, and readiness says so', async () => {
  const { status, body } = await api.get('/readyz');
  expect({ status, authentication: body.checks.authentication }).toEqual({
    status: 200,
    authentication: expect.stringMatching(/^Off \(SITREP_AUTH\): whoever reaches this address/),
  });
  expect((await api.get('/v1/tokens')).status).toBe(200);
  expect(api.log.join('')).toMatch(/authentication is off \(SITREP_AUTH\)/);
});

test.each(['0.0.0.0:0', '192.0.2.1:7480', '[::]:0', 'example.org:7480'])(
  'without authentication the API does not listen on %s',
  async (listen) => {
    await expect(logOf(listen, null)).rejects.toThrow(
      /authentication is off.*Set SITREP_AUTH to on, or SITREP_LISTEN to 127\.0\.0\.1/,
    );
  },
);

test('with it the API listens anywhere, and says what an operator should see to', async () => {
  expect(await logOf('127.0.0.1:0', GENEROUS)).toMatch(/no admin token.*sitrep tokens create .*--direct/);
  await makeToken(api.db.pool, 'viewer');
  expect(await logOf('127.0.0.1:0', GENEROUS)).toMatch(/no admin token/);
  await makeToken(api.db.pool, 'admin');
  expect(await logOf('127.0.0.1:0', GENEROUS)).toBe('');
  expect(await logOf('0.0.0.0:0', GENEROUS)).toMatch(/put TLS in front of it/);
});
