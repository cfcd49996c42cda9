import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { ListenAddress } from '../model/listen.ts';
import { hasAdmin } from '../store/token.ts';
import { AnalysisWaker } from '../temporal/analysis-waker.ts';
import type { Mail } from '../webhook/outbox.ts';
import { buildApp } from './app.ts';
import { Gate } from './gate.ts';
import { isLoopback, listenError, readListenAddress } from './listen-address.ts';
import { NewConnections } from './new-connections.ts';
import { openApiDocument } from './openapi.ts';
import type { RateLimits } from './rate-limit.ts';
import { measureRequests } from './request-metrics.ts';
import { traceRequests } from './request-spans.ts';
import { ROUTES } from './routes/index.ts';
import { TokenMemory } from './token-memory.ts';

export interface ApiOptions {
  pool: pg.Pool;
  client: Client;
  /** `host:port`; port 0 takes any that is free. */
  listen: string;
  /** Null where no token is asked for: then it listens on loopback only. */
  authentication: { rateLimits: RateLimits } | null;
  maxBodyBytes: number;
  temporalUiUrl: string | null;
  namespace: string;
  mail: Mail;
  logger: Logger;
  /** Where requests are counted. */
  registry?: Registry | undefined;
  /** Whether requests are spans of traces. */
  traced?: boolean;
}

export interface RunningApi {
  url: string;
  /** Lets requests that run come to their end, within bounds. */
  close(farewell?: Farewell): Promise<void>;
}

/** How an API takes its leave. */
export interface Farewell {
  /** Still answers all that comes, and says to probes that it stops: whoever sends it requests has time to hear of it. */
  drainMs: number;
  /** After that, what requests get to come to their end. */
  graceMs: number;
}

/** How long a submission waits for its turn, to arrive or to be read. */
const PATIENCE = 30_000;
/** Bodies that arrive at once, in bodies of the largest size: each waits in memory until it is whole. */
const LARGEST_BODIES = 4;
/**
 * Bytes of the documents that are read at once. In memory a document takes up to twenty times its bytes while
 * it is parsed and checked; a larger one is read alone.
 */
const DOCUMENT_BYTES = 64 * 1024 * 1024;
/**
 * Connections to Postgres that no sitrep is sent over: as many slow readers as there may be leave these to all others, and
 * to whoever has to be let in.
 */
const NOT_FOR_READING = 4;
const READING_PATIENCE = 5_000;
/** Connections at once; a client that opens more waits until some are closed. */
const CONNECTIONS = 1_000;
const AT_ONCE: Farewell = { drainMs: 0, graceMs: 20_000 };
/** How often connections are looked for that have become idle while the service stops. */
const LOOK_FOR_IDLE = 100;
/** What a client that has just connected gets to ask something: to Node, a connection without a request is not idle. */
const TO_BEGIN = 1_000;

/** Starts the HTTP API. Rejects when the address is not free, or not loopback where it must be. */
export async function startApi(options: ApiOptions): Promise<RunningApi> {
  const { listen, authentication, logger, registry, traced = false, ...rest } = options;
  const address = readListenAddress(listen, authentication !== null);
  await sayWhoIsLetIn(options, address);
  const analysis = new AnalysisWaker(options.client);
  const stopping = new AbortController();
  const service = {
    ...rest,
    guard: authentication && { tokens: new TokenMemory(options.pool), ...authentication },
    analysis,
    stopping: stopping.signal,
    openApi: openApiDocument(ROUTES),
    arriving: new Gate(LARGEST_BODIES * options.maxBodyBytes, PATIENCE),
    documents: new Gate(DOCUMENT_BYTES, PATIENCE),
    reading: new Gate(Math.max(1, options.pool.options.max - NOT_FOR_READING), READING_PATIENCE),
  };
  const app = await buildApp(ROUTES, service, logger);
  if (registry) measureRequests(app, registry);
  if (traced) traceRequests(app);
  app.server.maxConnections = CONNECTIONS;
  const newcomers = new NewConnections(app.server);
  // An expectation that we don't know may be ignored (RFC 9110, 10.1.1); Node alone would refuse it without a body.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  try {
    return {
      url: await app.listen(address),
      async close(farewell = AT_ONCE) {
        stopping.abort();
        await close(app, newcomers, farewell);
        await analysis.close();
      },
    };
  } catch (error) {
    await app.close();
    throw listenError(error, address);
  }
}

/** Says in the log what an operator should know before anybody else does. */
async function sayWhoIsLetIn({ authentication, pool, logger }: ApiOptions, { host }: ListenAddress) {
  if (!authentication) {
    logger.warn(`authentication is off (SITREP_AUTH): whoever reaches ${host} may do everything`);
    return;
  }
  if (!isLoopback(host)) {
    logger.warn(`${host} can be reached from elsewhere, and tokens come as they are: put TLS in front of it`);
  }
  if (!(await hasAdmin(pool))) {
    logger.warn('there is no admin token; make one with: sitrep tokens create NAME --role admin --direct');
  }
}

/** First nobody is told that it is ready, then nobody new is let in, then who is in is seen out. */
async function close(
  app: FastifyInstance,
  newcomers: NewConnections,
  { drainMs, graceMs }: Farewell,
): Promise<void> {
  await pause(drainMs);
  const impatience = setTimeout(() => app.server.closeAllConnections(), graceMs);
  // Whose answer had begun before could not be told that the connection ends with it.
  const lookForIdle = setInterval(() => app.server.closeIdleConnections(), LOOK_FOR_IDLE);
  const lookForSilent = setTimeout(() => newcomers.closeSilent(), TO_BEGIN);
  await app.close();
  clearTimeout(impatience);
  clearTimeout(lookForSilent);
  clearInterval(lookForIdle);
}
