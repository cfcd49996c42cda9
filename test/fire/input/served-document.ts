import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';
import type { Schema } from './from-schema.ts';
import type { Answer } from './http.ts';

interface Content {
  content?: Record<string, { schema: Schema }>;
}
interface ResponseSpec extends Content {
  headers?: Record<string, unknown>;
}
interface OperationSpec {
  parameters?: Parameter[];
  requestBody?: Content;
  responses: Record<string, ResponseSpec & { $ref?: string }>;
}
interface OpenApi {
  paths: Record<string, Record<string, OperationSpec>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, ResponseSpec> };
}
export interface Parameter {
  in: 'path' | 'query';
  name: string;
  required?: boolean;
  schema: Schema;
}
export interface Operation {
  method: string;
  /** As in OpenAPI: `/v1/alerts/{id}`. */
  path: string;
  parameters: Parameter[];
  body: Schema | null;
  /** What a line is, where a body may come as NDJSON. */
  line: Schema | null;
  responses: Record<string, ResponseSpec>;
}

/** The statuses with which a request is answered that is for no operation at all. */
const NO_OPERATION = [400, 403, 404, 405, 431];

/** The OpenAPI document as a running API serves it, and what it promises. */
export class ServedDocument {
  readonly operations: Operation[];
  readonly schemas: Record<string, Schema>;
  readonly #ajv = new Ajv2020({ strictTypes: false, allErrors: false });
  readonly #compiled = new Map<Schema, ValidateFunction>();

  constructor({ paths, components }: OpenApi) {
    addFormats.default(this.#ajv);
    this.#ajv.addVocabulary(['components']);
    this.schemas = components.schemas;
    this.operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => ({
        method: method.toUpperCase(),
        path,
        parameters,
        body: requestBody?.content?.['application/json']?.schema ?? null,
        line: requestBody?.content?.['application/x-ndjson']?.schema ?? null,
        responses: Object.fromEntries(
          Object.entries(responses).map(([status, response]) => [
            status,
            response.$ref ? responseOf(components.responses, response.$ref) : response,
          ]),
        ),
      })),
    );
  }

  /** The operation that a request is for, if any; HEAD is answered wherever GET is. */
  operationOf(method: string, path: string): Operation | undefined {
    const asked = method === 'HEAD' ? 'GET' : method;
    const matching = this.operations.filter((one) => one.method === asked && patternOf(one).test(path));
    // `/v1/sitreps/current` rather than `/v1/sitreps/{sitrep}`.
    return matching.find((one) => one.path === path) ?? matching[0];
  }

  /** Holds an answer to what the document says of this operation, or of what is none. */
  check(operation: Operation | undefined, method: string, answer: Answer, what: string): void {
    const { status, headers, body } = answer;
    const says = `${what} → ${status} ${body.toString('utf8', 0, 500)}`;
    if (!operation) expect(NO_OPERATION, says).toContain(status);
    const spec = operation ? (operation.responses[status] ?? operation.responses.default) : ANY_PROBLEM;
    expect(spec, `${status} is documented: ${says}`).toBeDefined();
    // Where the service can't answer it says so by a status of its own; the default would allow 500, too.
    if (operation && status >= 500) expect(Object.keys(operation.responses), says).toContain(String(status));
    for (const name of Object.keys(spec?.headers ?? {})) {
      expect(headers.get(name.toLowerCase()), `${name} of ${says}`).toBeDefined();
    }
    if (method !== 'HEAD') this.#checkBody(spec?.content ?? {}, answer, says);
  }

  isValid(schema: Schema, value: unknown): boolean {
    return this.#validator(schema)(value);
  }

  #checkBody(content: Record<string, { schema: Schema }>, { headers, body }: Answer, says: string): void {
    const [documented] = Object.entries(content);
    if (!documented) {
      expect(body.length, says).toBe(0);
      return;
    }
    const [type, { schema }] = documented;
    expect(headers.get('content-type')?.replace('; charset=utf-8', ''), says).toBe(type);
    const validate = this.#validator(schema);
    if (!validate(JSON.parse(body.toString()))) {
      throw new Error(`${says}\nis not as documented: ${this.#ajv.errorsText(validate.errors)}`);
    }
  }

  #validator(schema: Schema): ValidateFunction {
    const known = this.#compiled.get(schema);
    if (known) return known;
    const validate = this.#ajv.compile({ ...schema, components: { schemas: this.schemas } });
    this.#compiled.set(schema, validate);
    return validate;
  }
}

const ANY_PROBLEM: ResponseSpec = {
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

function responseOf(responses: Record<string, ResponseSpec>, reference: string): ResponseSpec {
  const response = responses[reference.replace('#/components/responses/', '')];
  if (!response) throw new Error(`The document has no ${reference}.`);
  return response;
}

function patternOf({ path }: Operation): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]*')}$`);
}
