import { describe, expect, test } from 'vitest';
import { openApiDocument } from '../../src/api/openapi.ts';
import { ANYWHERE } from '../../src/api/route.ts';
import { ROUTES } from '../../src/api/routes/index.ts';
import { PROBLEMS, problemType } from '../../src/model/problem.ts';

const { paths = {}, components } = openApiDocument(ROUTES);
const json = (value: unknown) => JSON.stringify(value);

describe.each(ROUTES)('of $method $path the OpenAPI document', ({ method, path, problems }) => {
  const responses = paths[path]?.[method.toLowerCase() as 'get']?.responses ?? {};

  test('names each problem at its status, and where none is named, in the default', () => {
    for (const name of [...problems, ...ANYWHERE]) {
      const response = responses[`${PROBLEMS[name].status}`] ?? components?.responses?.Anywhere;
      expect(json(response), name).toContain(json(problemType(name)));
    }
  });
});
