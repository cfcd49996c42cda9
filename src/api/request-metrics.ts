import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Counter, Histogram, type Registry } from 'prom-client';
import { routeOf } from './route-pattern.ts';

/** From a look-up by its key to the ten seconds that a decision is waited for, and the minutes of a large body. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

/** Counts what is asked and how it is answered, by the patterns of routes: paths have ids in them. */
export function measureRequests(app: FastifyInstance, registry: Registry): void {
  const registers = [registry];
  const requests = new Counter({
    name: 'sitrep_http_requests_total',
    help: 'Requests that were answered.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'sitrep_http_request_duration_seconds',
    help: 'From the head of a request to the end of its answer.',
    labelNames: ['method', 'route'],
    buckets: BUCKETS,
    registers,
  });
  app.addHook('onResponse', async (request, { statusCode, elapsedTime }) => {
    const asked = { method: methodOf(request), route: routeOf(request) };
    requests.inc({ ...asked, status: statusCode });
    durations.observe(asked, elapsedTime / 1_000);
  });
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** A client may send any that Node reads. */
function methodOf({ method }: FastifyRequest): string {
  return METHODS.has(method) ? method : 'other';
}
