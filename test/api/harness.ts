import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { expect } from 'vitest';
import { ProblemSchema } from '../../src/api/openapi.ts';
import { ANYWHERE, ownProblems, type Route } from '../../src/api/route.ts';
import { ROUTES } from '../../src/api/routes/index.ts';
import { type ApiOptions, type Farewell, type RunningApi, startApi } from '../../src/api/server.ts';
import { PROBLEMS, type ProblemDocument, problemType } from '../../src/model/problem.ts';
import type { RunningWorker } from '../../src/worker/worker.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startTestWorker } from '../support/lifecycles.ts';
import { testMail } from '../support/mail.ts';
import { connectTemporal, type TestTemporal } from '../support/temporal.ts';

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came.
  body: any;
}
export interface Asking {
  body?: unknown;
  headers?: Record<string, string>;
}

/** A running API with a database of its own. */
export class TestApi {
  readonly db: TestDatabase;
  readonly url: string;
  readonly log: string[];
  readonly #running: RunningApi;
  // One socket after another, each closed after its answer: no test waits for another's keep-alive.
  readonly #agent = new Agent({ keepAlive: false });

  constructor(db: TestDatabase, running: RunningApi, log: string[]) {
    this.db = db;
    this.#running = running;
    this.url = running.url;
    this.log = log;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get = (path: string, asking?: Asking) => this.ask('GET', path, asking);
  post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    this.ask('POST', path, { body, headers: { 'content-type': 'application/json', ...headers } });
  submit = (document: unknown) => this.post('/v1/sitreps', document);

  /** Asks, and holds every answer to what the table of routes promises. */
  async ask(method: string, path: string, asking: Asking = {}): Promise<Reply> {
    const reply = await this.#send(method, path, asking);
    checkPromise(method, path, reply);
    return reply;
  }

  #send(method: string, path: string, { body, headers = {} }: Asking): Promise<Reply> {
    const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(asText(body));
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port: this.port,
          method,
          path,
          agent: this.#agent,
          headers: { ...(bytes ? { 'content-length': String(bytes.length) } : {}), ...headers },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            const isJson = response.headers['content-type']?.includes('json') && text !== '';
            const status = response.statusCode ?? 0;
            resolve({ status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined });
          });
        },
      );
      request.on('error', reject);
      request.end(bytes);
    });
  }

  async count(table: string): Promise<number> {
    const { rows } = await this.db.pool.query<{ count: number }>(`SELECT count(*) AS count FROM ${table}`);
    return rows[0]?.count ?? 0;
  }

  /** As whoever asks its process to stop. */
  stop(farewell: Farewell): Promise<void> {
    return this.#running.close(farewell);
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.#running.close();
    await this.db.drop();
  }
}

function asText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

type Setting = Partial<Pick<ApiOptions, 'maxBodyBytes' | 'namespace' | 'authentication'>>;

/** Starts an API over a client that may be anything: real, broken, or made up. */
export async function startTestApi(
  client: Client,
  { maxBodyBytes = 32 * 1024 * 1024, namespace = 'default', authentication = null }: Setting = {},
): Promise<TestApi> {
  const db = await createDatabase();
  const log: string[] = [];
  const running = await startApi({
    pool: db.pool,
    client,
    listen: '127.0.0.1:0',
    authentication,
    maxBodyBytes,
    temporalUiUrl: null,
    namespace,
    mail: testMail(),
    logger: pino({ level: 'debug' }, { write: (line: string) => log.push(line) }),
  });
  return new TestApi(db, running, log);
}

/** The whole thing: API, worker, Postgres and a real Temporal server. */
export class TestService {
  readonly api: TestApi;
  readonly temporal: TestTemporal;
  #worker: RunningWorker | null = null;

  constructor(api: TestApi, temporal: TestTemporal) {
    this.api = api;
    this.temporal = temporal;
  }

  static async start({
    worker = true,
    maxBodyBytes = 32 * 1024 * 1024,
    searchAttributes = true,
  } = {}): Promise<TestService> {
    const temporal = await connectTemporal({ searchAttributes });
    const { client, namespace } = temporal;
    const service = new TestService(await startTestApi(client, { maxBodyBytes, namespace }), temporal);
    if (worker) await service.startWorker();
    return service;
  }

  async startWorker(env: Record<string, string> = {}): Promise<void> {
    this.#worker = await startTestWorker(this.api.db.pool, this.temporal, env);
  }

  async stopWorker(): Promise<void> {
    await this.#worker?.stop();
    this.#worker = null;
  }

  async close(): Promise<void> {
    await this.stopWorker();
    await this.api.close();
    await this.temporal.close();
  }
}

export function typeOf({ body }: Reply): string {
  return String(body?.type).replace('urn:sitrep:problem:', '');
}

function checkPromise(method: string, path: string, { status, headers, body, text }: Reply): void {
  const what = `${method} ${path.slice(0, 100)} → ${status} ${text.slice(0, 500)}`;
  const route = ROUTES.find((one) => methodsOf(one).includes(method) && patternOf(one).test(pathOf(path)));
  const promised = route?.answers[status];
  if (promised) {
    if (promised.schema && method !== 'HEAD') expect(promised.schema.parse(body), what).toEqual(body);
    return;
  }
  if (pathOf(path).startsWith('/reference')) return;
  if (method === 'HEAD') return;
  expect(headers['content-type'], what).toBe('application/problem+json');
  const problem = ProblemSchema.parse(body) as ProblemDocument;
  const names = Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[];
  const name = names.find((one) => problemType(one) === problem.type);
  expect(name, what).toBeDefined();
  const { status: own, title } = PROBLEMS[name as keyof typeof PROBLEMS];
  expect({ status, title: problem.title, inBody: problem.status }, what).toEqual({
    status: own,
    title,
    inBody: own,
  });
  const allowed = route
    ? [...ownProblems(route), ...ANYWHERE]
    : ['not-found', 'method-not-allowed', ...ANYWHERE];
  expect(allowed, what).toContain(name);
  expect(text, what).not.toMatch(/\n\s+at |node_modules|src\//);
}

function methodsOf({ method }: Route): string[] {
  return method === 'GET' ? ['GET', 'HEAD'] : [method];
}

function pathOf(path: string): string {
  return path.split('?')[0] as string;
}

function patternOf(route: Route): RegExp {
  return new RegExp(`^${route.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}
