import { z } from 'zod';
import type { Permission } from '../model/access.ts';
import type { Actor } from '../model/audit.ts';
import { Faults } from '../model/fault.ts';
import { Problem, type ProblemName } from '../model/problem.ts';
import type { Service } from './service.ts';

/** What a handler is asked, checked against the schemas of its route. */
export interface Asked<Params, Query> {
  params: Params;
  query: Query;
  /** Who asks. */
  by: Actor;
  /** Empty unless the route takes a body. */
  body: Buffer;
  /** Whether the body came as NDJSON. */
  inLines: boolean;
}

export interface Answer {
  status: number;
  /** Sent as JSON; a stream as it comes. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface AnswerSpec {
  description: string;
  schema?: z.ZodType;
  /** Names of headers with what they say. */
  headers?: Record<string, string>;
}

/**
 * One row of the table from which the server's routes and the OpenAPI document are both made, so that they
 * can't drift apart.
 */
export interface Route<Params extends z.ZodObject = z.ZodObject, Query extends z.ZodObject = z.ZodObject> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As in OpenAPI: `/v1/alerts/{id}`. */
  path: `/${string}`;
  /** What whoever asks must be permitted; `nothing` where no token is asked for. */
  needs: Permission | 'nothing';
  tag: 'Ereports' | 'Sitreps' | 'Alerts' | 'Receivers' | 'Deliveries' | 'Configuration' | 'Access' | 'Upkeep';
  summary: string;
  description?: string;
  params?: Params;
  query?: Query;
  body?: z.ZodType;
  /** Set where the body may come as NDJSON, too: what a line is. */
  line?: z.ZodType;
  answers: Record<number, AnswerSpec>;
  /** Beside those that any route may answer. */
  problems: ProblemName[];
  handle(service: Service, asked: Asked<z.output<Params>, z.output<Query>>): Answer | Promise<Answer>;
}

/** Ties the types of parameters to those of the handler. */
export function route<Params extends z.ZodObject, Query extends z.ZodObject>(
  spec: Route<Params, Query>,
): Route {
  return spec as unknown as Route;
}

/** What any route may answer; `invalid-parameter` for query parameters that it doesn't know. */
export const ANYWHERE: ProblemName[] = [
  'bad-request',
  'cross-site-request',
  'unsupported-media-type',
  'invalid-parameter',
  'header-too-large',
  'internal',
];

/** What any route may answer that asks for a token. */
export const GUARDED: ProblemName[] = ['unauthenticated', 'forbidden', 'too-many-requests', 'unavailable'];

/** What a route may answer beside `ANYWHERE`. */
export function ownProblems({ needs, problems }: Pick<Route, 'needs' | 'problems'>): ProblemName[] {
  return needs === 'nothing' ? problems : [...new Set([...problems, ...GUARDED])];
}

const NOTHING = z.strictObject({});

/** Checks what was asked; says of each parameter what is wrong with it. */
export function readAsked(
  { params = NOTHING, query = NOTHING }: Route,
  sent: { params: unknown; query: unknown; body: unknown; actor: Actor } & Headed,
): Asked<Record<string, unknown>, Record<string, unknown>> {
  const faults = new Faults();
  for (const name of givenTwice(sent.query)) faults.add(['query', name], 'must be given only once');
  if (faults.list.length > 0) throw invalidParameter(faults);
  const path = params.safeParse(sent.params, { reportInput: true });
  const search = query.safeParse(sent.query, { reportInput: true });
  if (!path.success) faults.addZod(path.error, ['path']);
  if (!search.success) faults.addZod(search.error, ['query']);
  if (!path.success || !search.success) throw invalidParameter(faults);
  const body = Buffer.isBuffer(sent.body) ? sent.body : Buffer.alloc(0);
  return { params: path.data, query: search.data, by: sent.actor, body, inLines: mediaType(sent) === NDJSON };
}

export const JSON_TYPE = 'application/json';
/** A JSON value a line. */
export const NDJSON = 'application/x-ndjson';

interface Headed {
  headers: { 'content-type'?: string | undefined };
}

export function mediaType({ headers }: Headed): string | undefined {
  return headers['content-type']?.split(';')[0]?.trim().toLowerCase();
}

/** Fastify makes a list of what stands in a query more than once. */
function givenTwice(query: unknown): string[] {
  return Object.entries(query ?? {}).flatMap(([name, value]) => (Array.isArray(value) ? [name] : []));
}

export function invalidParameter({ list }: Faults): Problem {
  const [first] = list;
  return new Problem('invalid-parameter', `${first?.pointer} ${first?.detail}.`, { faults: list });
}
