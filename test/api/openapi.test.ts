import { describe, expect, test } from 'vitest';
import { openApiDocument } from '../../src/api/openapi.ts';
import { ANYWHERE, ownProblems } from '../../src/api/route.ts';
import { ROUTES } from '../../src/api/routes/index.ts';
import { rolesFor } from '../../src/model/access.ts';
import { PROBLEMS, problemType } from '../../src/model/problem.ts';

const { paths = {}, components } = openApiDocument(ROUTES);
const json = (value: unknown) => JSON.stringify(value);

describe.each(ROUTES)('of $method $path the OpenAPI document', (route) => {
  const { method, path, needs } = route;
  const operation = paths[path]?.[method.toLowerCase() as 'get'];
  const responses = operation?.responses ?? {};

  test('names each problem at its status, and where none is named, in the default', () => {
    for (const name of [...ownProblems(route), ...ANYWHERE]) {
      const response = responses[`${PROBLEMS[name].status}`] ?? components?.responses?.Anywhere;
      expect(json(response), name).toContain(json(problemType(name)));
    }
  });

  test('says whether a token is asked for, and of which roles', () => {
    const asked = needs === 'nothing' ? [] : [{ token: rolesFor(needs) }];
    expect(operation?.security).toEqual(asked);
    expect('401' in responses).toBe(needs !== 'nothing');
  });
});
