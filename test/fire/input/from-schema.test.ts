import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openApiDocument } from '../../../src/api/openapi.ts';
import { ROUTES } from '../../../src/api/routes/index.ts';
import { FromSchema, type Schema } from './from-schema.ts';
import { ServedDocument } from './served-document.ts';

const document = new ServedDocument(JSON.parse(JSON.stringify(openApiDocument(ROUTES))));
const from = new FromSchema(document.schemas);
const inputs = document.operations.flatMap(({ method, path, parameters, body }) => [
  ...parameters.map(({ name, schema }) => ({ of: `${method} ${path} ${name}`, schema })),
  ...(body ? [{ of: `the body of ${method} ${path}`, schema: body }] : []),
]);

describe('what is made from a schema', () => {
  test.each(inputs)('is valid by it: $of', ({ schema }) => {
    fc.assert(
      fc.property(from.value(schema), (value) => {
        expect(document.isValid(schema, value), JSON.stringify(value)).toBe(true);
      }),
    );
  });

  test('is everything that the schema allows: each property, and each choice', () => {
    const made = fc.sample(from.value({ $ref: '#/components/schemas/AlertRequestInput' }), 1_000);
    const { properties = {}, oneOf = [] } = document.schemas.AlertRequestInput ?? {};
    const keys = new Set(made.flatMap((value) => Object.keys(value as object)));
    expect(keys).toEqual(new Set(Object.keys(properties)));
    const classes = new Set(made.map((value) => (value as { class: string }).class));
    expect(classes).toEqual(new Set(oneOf.map((choice) => choice.properties?.class?.const)));
  });

  test.each<[string, Schema]>([
    ['a keyword', { type: 'integer', multipleOf: 2 } as Schema],
    ['a format', { type: 'string', format: 'email' }],
    ['a type', { type: 'number' }],
    ['a reference', { $ref: '#/components/schemas/Nothing' }],
  ])('is nothing, but an error, where there is %s that it does not know', (_, schema) => {
    expect(() => from.value(schema)).toThrow(/There is no generator|The document has no/);
  });
});
