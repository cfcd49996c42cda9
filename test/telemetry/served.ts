import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { z } from 'zod';
import { startCommand, until } from '../e2e/local-stack.ts';
import type { TestDatabase } from '../support/database.ts';
import type { TestTemporal } from '../support/temporal.ts';

/** A line of a log. */
const Line = z.looseObject({ level: z.number(), msg: z.string() });
export type Line = z.output<typeof Line>;

const LONG = 60_000;

/** `sitrep serve api` or `sitrep serve worker` as a process of its own, in which all can be seen. */
export class Served {
  readonly #part: string;
  readonly #running: ReturnType<typeof startCommand>;

  constructor(part: 'api' | 'worker', env: Record<string, string>) {
    this.#part = part;
    this.#running = startCommand(['serve', part], { env });
  }

  get log(): string {
    const { out, err } = this.#running.captured;
    return out + err;
  }

  /** All but the line that is being written. */
  get lines(): Line[] {
    return this.#running.captured.out
      .split('\n')
      .slice(0, -1)
      .map((line) => Line.parse(JSON.parse(line)));
  }

  /** The line that says this, once it is there. */
  async says(message: string): Promise<Line> {
    let found: Line | undefined;
    let ended = false;
    void this.#running.ended.then(() => {
      ended = true;
    });
    await until(
      `serve ${this.#part} says: ${message}`,
      () => {
        if (ended) throw new Error(`serve ${this.#part} has ended:\n${this.log}`);
        found = this.lines.find(({ msg }) => msg === message);
        return found !== undefined;
      },
      LONG,
    );
    return found as Line;
  }

  async urlOf(message: string): Promise<string> {
    return z.string().parse((await this.says(message)).url);
  }

  async stop(): Promise<void> {
    this.#running.child.kill('SIGTERM');
    await this.#running.ended;
  }
}

export const SECRET_KEY = randomBytes(32).toString('base64');

/** What both parts are told by their environment. */
export function environmentOf(
  db: TestDatabase,
  temporal: TestTemporal,
  traces: string,
): Record<string, string> {
  return {
    DATABASE_URL: db.url,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: temporal.namespace,
    SITREP_AUTH: 'off',
    SITREP_LISTEN: '127.0.0.1:0',
    SITREP_METRICS_LISTEN: '127.0.0.1:0',
    SITREP_LOG_LEVEL: 'trace',
    SITREP_SECRET_KEY: SECRET_KEY,
    SITREP_WEBHOOK_ALLOW: '127.0.0.0/8',
    OTEL_EXPORTER_OTLP_ENDPOINT: traces,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${COLLECTOR_TOKEN}`,
    OTEL_BSP_SCHEDULE_DELAY: '200',
  };
}

export const COLLECTOR_TOKEN = randomBytes(24).toString('base64url');
