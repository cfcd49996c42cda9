import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import { newId } from '../model/id.ts';
import { Problem } from '../model/problem.ts';
import { type Admit, admission } from './admission.ts';
import { admitBody, takeBytes } from './body.ts';
import { answerClientError } from './client-error.ts';
import { refuseCrossSite } from './cross-site.ts';
import { answerProblem } from './problem-answer.ts';
import { serveReference } from './reference.ts';
import { type Route, readAsked } from './route.ts';
import { routeOf } from './route-pattern.ts';
import type { Service } from './service.ts';

const TIMEOUTS = {
  /** For a whole request: 256 MiB over a slow link. */
  requestTimeout: 300_000,
  /** Nothing sent and nothing received; longer than any answer takes to be found. */
  connectionTimeout: 300_000,
  keepAliveTimeout: 60_000,
};
const HEADERS_TIMEOUT = 30_000;
/** Longer than any URL that Node's limit on headers lets in, so that our own check says what is wrong. */
const MAX_PARAMETER = 64 * 1024;

/** The HTTP server with all routes, not listening yet. */
export async function buildApp(routes: Route[], service: Service, logger: Logger): Promise<FastifyInstance> {
  const { maxBodyBytes, guard } = service;
  const app = fastify({
    ...TIMEOUTS,
    http: { headersTimeout: HEADERS_TIMEOUT, requireHostHeader: false },
    routerOptions: { maxParamLength: MAX_PARAMETER },
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    // Unlike a count it says the same of no two requests, whichever API and whenever.
    genReqId: () => newId(),
    // While it closes, what still comes on open connections is answered as always.
    return503OnClosing: false,
    frameworkErrors: answerProblem,
    clientErrorHandler: answerClientError,
  });
  app.setErrorHandler(answerProblem);
  app.setNotFoundHandler((request) => {
    throw notFound(routes, request);
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(EVERYWHERE);
    if (!guard) refuseCrossSite(request);
    // Before its body is read.
    if (request.is404) throw notFound(routes, request);
  });
  app.addHook('onSend', async (_request, reply) => {
    if (service.stopping.aborted) reply.header('connection', 'close');
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request;
    const { statusCode: status, elapsedTime } = reply;
    request.log.debug(
      { method, path: pathOf(request), route: routeOf(request), status, ms: Math.round(elapsedTime) },
      'answered',
    );
  });
  takeBytes(app, maxBodyBytes);
  const admit = await admission(app, service);
  for (const route of routes) addRoute(app, route, service, admit);
  serveReference(app);
  return app;
}

/** Answers are for who asked, as they are: not for caches, nor for pages of other sites to embed or guess at. */
const EVERYWHERE = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
};

function addRoute(app: FastifyInstance, route: Route, service: Service, admit: Admit): void {
  app.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    // Before anything of its body is read.
    onRequest: [admit(route), admitBody(route, service)],
    handler: async (request, reply) => {
      const { status, headers = {}, body } = await route.handle(service, readAsked(route, request));
      return reply.status(status).headers(headers).send(body);
    },
  });
}

/** A path that is known with other methods is a 405. */
function notFound(routes: Route[], { url, method }: FastifyRequest): Problem {
  const path = pathOf({ url });
  const methods = routes.filter((route) => matches(route, path)).map((route) => route.method);
  if (methods.length === 0) {
    return new Problem('not-found', `There is nothing at ${path}. What there is, GET /openapi.json lists.`);
  }
  const allow = methods.flatMap((offered) => (offered === 'GET' ? ['GET', 'HEAD'] : [offered]));
  return new Problem('method-not-allowed', `${path} takes ${allow.join(', ')}, not ${method}.`, { allow });
}

/** Without what is asked behind it, and not for ever. */
function pathOf({ url }: Pick<FastifyRequest, 'url'>): string {
  return (url.split('?')[0] as string).slice(0, 200);
}

function matches(route: Route, path: string): boolean {
  const pattern = route.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(path);
}
