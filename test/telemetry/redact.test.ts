import pino from 'pino';
import { expect, test } from 'vitest';
import { newToken } from '../../src/model/token.ts';
import { logOptions } from '../../src/telemetry/log.ts';

function logged(env: Record<string, string>, write: (logger: pino.Logger) => void): Record<string, unknown> {
  const lines: string[] = [];
  write(pino(logOptions('info', env), { write: (line) => lines.push(line) }));
  return JSON.parse(lines.join(''));
}

test.each<[what: string, env: Record<string, string>, secret: string]>([
  ['the key of secrets', { SITREP_SECRET_KEY: 'c2VjcmV0+c2VjcmV0/c2Vjcg==' }, 'c2VjcmV0+c2VjcmV0/c2Vjcg=='],
  ['a key of Temporal', { TEMPORAL_API_KEY: 'tmprl-4711' }, 'tmprl-4711'],
  ['the password of the database', { DATABASE_URL: 'postgres://u:p%40ss-4711@h/d' }, 'p@ss-4711'],
  ['a private key of Temporal', { TEMPORAL_TLS_CLIENT_KEY_DATA: 'pem-4711' }, 'pem-4711'],
  ['a header for Temporal', { TEMPORAL_GRPC_META_AUTHORIZATION: 'token-4711' }, 'token-4711'],
  ['it, as it is written', { DATABASE_URL: 'postgres://u:p%40ss-4711@h/d' }, 'p%40ss-4711'],
  ['a header for a collector', { OTEL_EXPORTER_OTLP_HEADERS: 'x-key=4711-4712' }, '4711-4712'],
  [
    'a token for a collector',
    { OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'a=b,authorization=Bearer%20token-4711' },
    'token-4711',
  ],
  ['a secret with characters that JSON escapes', { PGPASSWORD: 'a"b\\c"d' }, 'a"b\\c"d'],
])('no line has %s, wherever it came from', (_, env, secret) => {
  const { msg, err, deep } = logged(env, (logger) =>
    logger.error({ err: new Error(`it said ${secret}`), deep: { in: [`${secret}!`] } }, `so: ${secret}`),
  );
  const written = JSON.stringify({ msg, err, deep });
  expect(written).not.toContain(JSON.stringify(secret).slice(1, -1));
  expect(written).toContain('[redacted]');
});

test.each([
  ['cannot reach postgres://ada:hunter22@db/sitrep', 'cannot reach postgres://[redacted]@db/sitrep'],
  ['POST https://hook.example/in?token=4711 failed', 'POST https://hook.example/in?[redacted] failed'],
  ['authorization: Bearer abcdefgh.ijkl', 'authorization: Bearer [redacted]'],
  ['the secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'the secret whsec_[redacted]'],
  [`DELETE /v1/tokens/${newToken()}`, 'DELETE /v1/tokens/sitrep_[redacted]'],
  ['GET /v1/alerts?class=x of http://127.0.0.1:7480/', 'GET /v1/alerts?class=x of http://127.0.0.1:7480/'],
])('what looks like a secret is taken out: %s', (text, left) => {
  expect(logged({}, (logger) => logger.info(text)).msg).toBe(left);
});

test('an error is written whole, by whichever name, and with what caused it', () => {
  const error = new Error('outer', { cause: new Error('inner') });
  for (const name of ['err', 'error']) {
    const line = logged({}, (logger) => logger.warn({ [name]: error }, 'failed'));
    expect(line[name]).toMatchObject({ type: 'Error', message: expect.stringContaining('outer') });
    expect(JSON.stringify(line[name])).toContain('inner');
  }
  expect(logged({}, (logger) => logger.warn({ error: 'in words' }, 'failed')).error).toBe('in words');
});
