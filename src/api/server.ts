import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import type { Logger } from 'pino';
import { AnalysisWaker } from '../temporal/analysis-waker.ts';
import type { Mail } from '../webhook/outbox.ts';
import { buildApp } from './app.ts';
import { Gate } from './gate.ts';
import { listenError, readListenAddress } from './listen-address.ts';
import { openApiDocument } from './openapi.ts';
import { ROUTES } from './routes/index.ts';

export interface ApiOptions {
  pool: pg.Pool;
  client: Client;
  /** `host:port`, loopback only; port 0 takes any that is free. */
  listen: string;
  maxBodyBytes: number;
  temporalUiUrl: string | null;
  namespace: string;
  mail: Mail;
  logger: Logger;
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
/** Connections at once; a client that opens more waits until some are closed. */
const CONNECTIONS = 1_000;
const AT_ONCE: Farewell = { drainMs: 0, graceMs: 20_000 };
/** How often connections are looked for that have become idle while the service stops. */
const LOOK_FOR_IDLE = 100;

/** Starts the HTTP API. Rejects when the address is not loopback, or not free. */
export async function startApi(options: ApiOptions): Promise<RunningApi> {
  const { listen, logger, ...rest } = options;
  const address = readListenAddress(listen);
  const analysis = new AnalysisWaker(options.client);
  const stopping = new AbortController();
  const service = {
    ...rest,
    analysis,
    stopping: stopping.signal,
    openApi: openApiDocument(ROUTES),
    arriving: new Gate(LARGEST_BODIES * options.maxBodyBytes, PATIENCE),
    documents: new Gate(DOCUMENT_BYTES, PATIENCE),
  };
  const app = buildApp(ROUTES, service, logger);
  app.server.maxConnections = CONNECTIONS;
  // An expectation that we don't know may be ignored (RFC 9110, 10.1.1); Node alone would refuse it without a body.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  try {
    return {
      url: await app.listen(address),
      async close(farewell = AT_ONCE) {
        stopping.abort();
        await close(app, farewell);
        await analysis.close();
      },
    };
  } catch (error) {
    await app.close();
    throw listenError(error, address);
  }
}

/** First nobody is told that it is ready, then nobody new is let in, then who is in is seen out. */
async function close(app: FastifyInstance, { drainMs, graceMs }: Farewell): Promise<void> {
  await pause(drainMs);
  const impatience = setTimeout(() => app.server.closeAllConnections(), graceMs);
  // Whose answer had begun before could not be told that the connection ends with it.
  const lookForIdle = setInterval(() => app.server.closeIdleConnections(), LOOK_FOR_IDLE);
  await app.close();
  clearTimeout(impatience);
  clearInterval(lookForIdle);
}
