import pino, { type LoggerOptions } from 'pino';
import { redactor, secretsOf } from './redact.ts';

/** How the lines of a process are written: errors whole, and nothing secret in them. */
export function logOptions(level: string, env: Record<string, string | undefined>): LoggerOptions {
  const { err } = pino.stdSerializers;
  return {
    level,
    // The SDK says `error`, fastify says `err`.
    serializers: { err, error: (value: unknown) => (value instanceof Error ? err(value) : value) },
    hooks: { streamWrite: redactor(secretsOf(env)) },
  };
}
