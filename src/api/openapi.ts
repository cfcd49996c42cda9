import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiOverride,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import packageJson from '../../package.json' with { type: 'json' };
import { ROLES, rolesFor } from '../model/access.ts';
import { ALERT_CLASSES } from '../model/alert-class.ts';
import { PROBLEMS, type ProblemName, problemType } from '../model/problem.ts';
import { AlertRequestInput } from '../model/sitrep.ts';
import { inWords } from './access.ts';
import { ANYWHERE, type AnswerSpec, JSON_TYPE, NDJSON, ownProblems, type Route } from './route.ts';

/** The OpenAPI 3.1 document of these routes. */
export function openApiDocument(routes: Route[]): ReturnType<typeof createDocument> {
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Sitrep',
        version: packageJson.version,
        description: packageJson.description,
        license: { name: 'Apache 2.0', identifier: packageJson.license },
      },
      servers: [{ url: '/', description: 'This service' }],
      tags: [
        { name: 'Ereports', description: 'What machines have reported to be wrong with them.' },
        { name: 'Sitreps', description: 'What is believed, and what was believed before.' },
        { name: 'Alerts', description: 'What the current sitrep and its predecessors have caused.' },
        { name: 'Receivers', description: 'Who hears of alerts, by signed webhooks.' },
        { name: 'Deliveries', description: 'What has been sent to whom, and what became of it.' },
        { name: 'Configuration', description: 'What an operator decides while all runs.' },
        { name: 'Access', description: 'Who may do what, and what was done.' },
        { name: 'Upkeep', description: 'Health, repair, and this description.' },
      ],
      paths: pathsOf(routes),
      components: {
        schemas: { Problem: ProblemSchema, ...payloadSchemas() },
        responses: { Anywhere: problemResponse(ANYWHERE) },
        securitySchemes: { token: TOKEN_SCHEME },
      },
    },
    // A schema that is given as a function can't be shown: those are objects of any kind here.
    { allowEmptySchema: { unknown: true, custom: true }, override: inPlainWords },
  );
}

function pathsOf(routes: Route[]): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    const method = route.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete';
    paths[route.path] = { ...paths[route.path], [method]: operationOf(route) };
  }
  return paths;
}

const TOKEN_SCHEME = {
  type: 'http' as const,
  scheme: 'bearer',
  description:
    'A token, which an admin makes, begins with `sitrep_` and has one role. ' +
    'Where authentication is off, none is asked for.',
};

function operationOf(route: Route): ZodOpenApiOperationObject {
  const { params, query } = route;
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, neededInWords(route)].filter(Boolean).join('\n\n'),
    // OpenAPI 3.1 takes the names of roles here.
    security: route.needs === 'nothing' ? [] : [{ token: rolesFor(route.needs) }],
    ...(params || query
      ? { requestParams: { ...(params ? { path: params } : {}), ...(query ? { query } : {}) } }
      : {}),
    ...bodyOf(route),
    responses: { ...answersOf(route), ...problemsOf(route) },
  };
}

export function neededInWords({ needs }: Pick<Route, 'needs'>): string {
  if (needs === 'nothing') return 'Takes no token.';
  const roles = rolesFor(needs);
  return `Takes a token ${roles.length === ROLES.length ? 'of any role' : `with the role ${inWords(roles)}`}.`;
}

function bodyOf({ body, line }: Route): Pick<ZodOpenApiOperationObject, 'requestBody'> {
  if (!body) return {};
  const content = { [JSON_TYPE]: { schema: body }, ...(line ? { [NDJSON]: { schema: line } } : {}) };
  return { requestBody: { required: true, content } };
}

/** `GET /v1/alerts/{id}` is `getAlertsById`. */
function operationId({ method, path }: Route): string {
  const words = path
    .replace(/^\/v1/, '')
    .split(/[/.]/)
    .filter((word) => word !== '')
    .map((word) => (word.startsWith('{') ? `By${capital(word.slice(1, -1))}` : capital(word)));
  return method.toLowerCase() + (words.join('') || 'Root');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function answersOf({ answers }: Route): ZodOpenApiResponsesObject {
  return Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)]));
}

function answerOf({ description, schema, headers }: AnswerSpec): ZodOpenApiResponseObject {
  return {
    description,
    ...(schema ? { content: { 'application/json': { schema } } } : {}),
    ...(headers ? { headers: headersOf(headers) } : {}),
  };
}

function headersOf(headers: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' as const } },
    ]),
  );
}

/**
 * One response for each status, and one for what any route may answer. The latter holds only for statuses that
 * have no response of their own, so those name its problems too.
 */
function problemsOf(route: Route): ZodOpenApiResponsesObject {
  const problems = ownProblems(route);
  const own = new Set<number>(problems.map((name) => PROBLEMS[name].status));
  const also = ANYWHERE.filter((name) => own.has(PROBLEMS[name].status));
  const byStatus = Object.groupBy([...problems, ...also], (name) => PROBLEMS[name].status);
  const responses = Object.entries(byStatus).map(([status, names = []]) => {
    const headers = PROBLEM_HEADERS[status];
    return [status, { ...problemResponse(names), ...(headers ? { headers: headersOf(headers) } : {}) }];
  });
  return { ...Object.fromEntries(responses), default: { $ref: '#/components/responses/Anywhere' } };
}

const RETRY_AFTER = { 'Retry-After': 'Seconds after which to try again.' };
const PROBLEM_HEADERS: Record<string, Record<string, string>> = {
  401: { 'WWW-Authenticate': 'That a bearer token is asked for (RFC 6750).' },
  429: RETRY_AFTER,
  503: RETRY_AFTER,
};

function problemResponse(names: ProblemName[]): ZodOpenApiResponseObject {
  return {
    description: names.map((name) => `\`${problemType(name)}\`: ${PROBLEMS[name].title}.`).join('\n\n'),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [{ $ref: '#/components/schemas/Problem' }],
          properties: { type: { enum: names.map(problemType) } },
        },
      },
    },
  };
}

export const ProblemSchema = z
  .looseObject({
    type: z.string().describe('Stable; what a program decides by.'),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional().describe('What happened this time, for people.'),
    faults: z
      .array(
        z.object({
          index: z.int().optional().describe('Of a batch in JSON: which of its ereports, from 0.'),
          line: z.int().optional().describe('Of a batch in NDJSON: which line, from 1.'),
          pointer: z
            .string()
            .describe('A JSON pointer (RFC 6901) into the document, or `/query/…`, `/path/…`.'),
          detail: z.string(),
        }),
      )
      .optional()
      .describe('Each thing that is wrong, up to 100.'),
  })
  .meta({
    id: 'Problem',
    description: 'An RFC 9457 problem document. Some types have members of their own.',
  });

/** What each class of alert takes as its payload, as a component of its own. */
function payloadSchemas(): Record<string, z.ZodType> {
  const payloads = Object.entries(ALERT_CLASSES).flatMap(([name, { versions }]) =>
    Object.entries(versions).map(([version, schema]) => [payloadName(name, version), schema]),
  );
  return Object.fromEntries(payloads);
}

export function payloadName(name: string, version: string): string {
  return `${name}.v${version}`;
}

const inPlainWords: ZodOpenApiOverride = ({ zodSchema, jsonSchema }) => {
  if (zodSchema._zod.def.type === 'custom') jsonSchema.type = 'object';
  if (zodSchema === AlertRequestInput) jsonSchema.oneOf = payloadChoices();
  // The format says it; the pattern is a page long.
  if (jsonSchema.format === 'uuid' || jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
};

/** A request's class and version decide which payload it takes. */
function payloadChoices() {
  return Object.entries(ALERT_CLASSES).flatMap(([name, { versions }]) =>
    Object.keys(versions).map((version) => ({
      title: payloadName(name, version),
      properties: {
        class: { const: name },
        version: { const: Number(version) },
        payload: { $ref: `#/components/schemas/${payloadName(name, version)}` },
      },
    })),
  );
}
