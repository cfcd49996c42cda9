import { finished, type Readable, type Writable } from 'node:stream';
import { type Attributes, type Span, SpanKind, trace } from '@opentelemetry/api';
import type pg from 'pg';
import { fail, tracer } from './span.ts';

type Query = (...input: unknown[]) => unknown;

/**
 * The same pool, whose statements are spans of the trace that they are made in, time to wait for a connection included;
 * what is asked outside of any is none. By hand, since the instrumentation for `pg` reaches no module that is imported.
 */
export function tracedPool(pool: pg.Pool): pg.Pool {
  return new Proxy(pool, {
    get(target, name) {
      if (name === 'query') return tracedQuery(target);
      if (name === 'connect') return async () => tracedClient(await target.connect());
      return boundTo(target, name);
    },
  });
}

function tracedClient(client: pg.PoolClient): pg.PoolClient {
  return new Proxy(client, {
    get: (target, name) => (name === 'query' ? tracedQuery(target) : boundTo(target, name)),
  });
}

function boundTo(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
}

function tracedQuery(target: pg.Pool | pg.PoolClient): Query {
  return (...input) => {
    const run = () => Reflect.apply(target.query as Query, target, input);
    if (!trace.getActiveSpan()) return run();
    const text = textOf(input[0]);
    const span = tracer.startSpan(inShort(text), { kind: SpanKind.CLIENT, attributes: attributesOf(text) });
    const asked = run();
    endWith(span, asked);
    return asked;
  };
}

/** Of the overloads of `query` some return a stream, which has ended when all rows have come, or gone. */
function endWith(span: Span, asked: unknown): void {
  const end = (error?: unknown) => {
    if (error) fail(span, error);
    span.end();
  };
  if (asked instanceof Promise) asked.then(() => end(), end);
  else finished(asked as Readable | Writable, end);
}

/** Of a statement, of one that is prepared, or of a COPY. Values stand beside it, and are nobody's to see. */
function textOf(query: unknown): string {
  const text = typeof query === 'object' && query !== null && 'text' in query ? query.text : query;
  return typeof text === 'string' ? text.trim() : '';
}

const MOST_OF_TEXT = 2_000;

function attributesOf(text: string): Attributes {
  return { 'db.system.name': 'postgresql', 'db.query.text': text.slice(0, MOST_OF_TEXT) };
}

/** What it does, and to what: `INSERT alert`, `SELECT end_attempts`. */
function inShort(text: string): string {
  const [verb = 'statement'] = /^\w+/.exec(text) ?? [];
  const [, target] = TABLE.exec(text) ?? FUNCTION.exec(text) ?? [];
  return target === undefined ? verb : `${verb} ${target}`;
}

const TABLE = /\b(?:FROM|INTO|UPDATE|COPY)\s+([a-z_]+)/;
const FUNCTION = /^SELECT\s+([a-z_]+)\(/;
