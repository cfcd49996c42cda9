import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { tracer } from '../telemetry/span.ts';
import { routeOf } from './route-pattern.ts';

/** Makes each request a span: of the trace that the client says it belongs to, or of a new one. */
export function traceRequests(app: FastifyInstance): void {
  const contexts = new WeakMap<FastifyRequest, Context>();
  app.addHook('onRequest', async (request) => {
    const { method, id } = request;
    const from = propagation.extract(ROOT_CONTEXT, request.headers);
    const attributes = {
      'http.request.method': method,
      'http.route': routeOf(request),
      'sitrep.request_id': id,
    };
    const span = tracer.startSpan(
      `${method} ${routeOf(request)}`,
      { kind: SpanKind.SERVER, attributes },
      from,
    );
    contexts.set(request, trace.setSpan(from, span));
    // By these names the tools for logs find the trace.
    const { traceId: trace_id, spanId: span_id } = span.spanContext();
    request.log = request.log.child({ trace_id, span_id });
  });
  // Whatever `done` leads to runs in the trace: the handler, and all that it does.
  app.addHook('preHandler', (request, _reply, done) => {
    context.with(contexts.get(request) ?? ROOT_CONTEXT, done);
  });
  app.addHook('onResponse', async (request, { statusCode }) => {
    const span = trace.getSpan(contexts.get(request) ?? ROOT_CONTEXT);
    span?.setAttribute('http.response.status_code', statusCode);
    if (statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
  });
}
