import { neededInWords, openApiDocument, payloadName } from '../src/api/openapi.ts';
import { ANYWHERE, type AnswerSpec, GUARDED, type Route } from '../src/api/route.ts';
import { ROUTES } from '../src/api/routes/index.ts';
import { ALERT_CLASSES, type AlertClass } from '../src/model/alert-class.ts';
import { PROBLEMS, type ProblemName, problemType } from '../src/model/problem.ts';
import { DOCUMENT, INTRODUCTION } from './api-prose.ts';
import { entry, fields, type Schema, typeOf } from './schema-words.ts';

type Content = Record<string, { schema: Schema }>;
interface Operation {
  parameters?: { in: string; name: string; required?: boolean; schema: Schema }[];
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content }>;
}
interface OpenApi {
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}
const { tags, paths, components } = openApiDocument(ROUTES) as unknown as OpenApi;
const { schemas } = components;

/** Each schema has its section in one of three places. */
const PAYLOAD_NAMES = Object.entries(ALERT_CLASSES).flatMap(([name, { versions }]) =>
  Object.keys(versions).map((version) => payloadName(name, version)),
);
const BODY_NAMES = Object.values(paths)
  .flatMap((operations) => Object.values(operations))
  .flatMap(({ requestBody }) => Object.values(requestBody?.content ?? {}))
  .flatMap(({ schema }) => schema.$ref?.split('/').at(-1) ?? [])
  .filter((name) => name !== 'SitrepInput');
const OTHER_NAMES = Object.keys(schemas).filter(
  (name) => !PAYLOAD_NAMES.includes(name) && !BODY_NAMES.includes(name),
);
const DOCUMENT_NAMES = OTHER_NAMES.filter((name) => name.endsWith('Input'));
const ANSWER_NAMES = OTHER_NAMES.filter((name) => !name.endsWith('Input'));

/** docs/api.md, from the tables that the server itself works with. */
export function apiDocs(): string {
  return paragraphs([
    INTRODUCTION,
    ...tags.map(tagSection),
    `## Problems\n\nAny request may be answered with ${named(ANYWHERE)}, one that takes a token with ${named(GUARDED)}, and one that no route takes with 404 or 405.`,
    problemTable(),
    '## Alert classes',
    ...Object.entries(ALERT_CLASSES).map(classSection),
    `## The sitrep document\n\n${DOCUMENT}`,
    ...DOCUMENT_NAMES.map(documentSection),
    '## Other bodies',
    ...BODY_NAMES.map(documentSection),
    '## Answers',
    ...ANSWER_NAMES.map(documentSection),
  ])
    .split('\n')
    .map(wrapped)
    .join('\n');
}

function tagSection({ name, description }: OpenApi['tags'][number]): string {
  const routes = ROUTES.filter(({ tag }) => tag === name);
  return paragraphs([`## ${name}`, description, ...routes.map(routeSection)]);
}

function routeSection(route: Route): string {
  const { method, path, summary, description, answers, problems } = route;
  const { parameters, requestBody, responses } = operationOf(path, method);
  return paragraphs([
    `### ${method} ${path}`,
    description ? `${summary}. ${description}` : `${summary}.`,
    neededInWords(route),
    requestBody && `Body: ${typeOf(schemaOf(requestBody.content) as Schema)}.`,
    parameters && `Parameters:\n\n${parameters.map(parameterLine).join('\n')}`,
    `Answers:\n\n${Object.entries(answers)
      .map(([status, answer]) => answerLines(status, answer, schemaOf(responses[status]?.content)))
      .join('\n')}`,
    problems.length > 0 && `Problems: ${named(problems)}.`,
  ]);
}

function operationOf(path: string, method: string): Operation {
  const operation = paths[path]?.[method.toLowerCase()];
  if (!operation) throw new Error(`The OpenAPI document lacks ${method} ${path}.`);
  return operation;
}

function parameterLine({
  in: place,
  name,
  required = false,
  schema,
}: NonNullable<Operation['parameters']>[number]) {
  return `- In the ${place}: ${entry(name, schema, required)}`;
}

function answerLines(status: string, { description, headers = {} }: AnswerSpec, schema?: Schema): string {
  const type = schema ? ` (${typeOf(schema)})` : '';
  const more = Object.entries(headers).map(([name, meaning]) => ` \`${name}\`: ${meaning}`);
  const inner = schema ? fields(schema, '  ').trimEnd() : '';
  return `- ${status}${type}: ${description}${more.join('')}${inner && `\n${inner}`}`;
}

function schemaOf(content: Content = {}): Schema | undefined {
  return Object.values(content)[0]?.schema;
}

function named(problems: ProblemName[]): string {
  return problems.map((name) => `\`${name}\` (${PROBLEMS[name].status})`).join(', ');
}

function problemTable(): string {
  const rows = Object.entries(PROBLEMS).map(([name, { status, title }]) => [
    `\`${problemType(name as ProblemName)}\``,
    String(status),
    title,
  ]);
  const heads = ['Type', 'Status', 'Title'];
  const widths = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function classSection([name, { description, versions }]: [string, AlertClass]): string {
  const payloads = Object.keys(versions).map((version) => {
    const list = fields(schemas[payloadName(name, version)] as Schema);
    return `Payload of version ${version}:${list ? `\n\n${list}` : ' any JSON object.'}`;
  });
  return paragraphs([`### ${name}`, description, ...payloads]);
}

function documentSection(name: string): string {
  const schema = schemas[name] as Schema;
  return paragraphs([`### ${name}`, schema.description, fields(schema)]);
}

function paragraphs(parts: (string | false | undefined)[]): string {
  return `${parts
    .filter((part) => typeof part === 'string')
    .map((part) => part.trim())
    .join('\n\n')}\n`;
}

/** Long lines broken, those of lists below their first word; tables stay. */
function wrapped(line: string): string {
  const hanging = ' '.repeat(/^ *(?:- )?/.exec(line)?.[0].length ?? 0);
  const at = line.lastIndexOf(' ', WIDTH);
  if (line.length <= WIDTH || line.startsWith('|') || at <= hanging.length) return line;
  return `${line.slice(0, at)}\n${wrapped(hanging + line.slice(at + 1))}`;
}
const WIDTH = 118;
