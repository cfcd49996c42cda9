import { afterEach, describe, expect, test } from 'vitest';
import { ApiClient } from '../../src/cli/api-client.ts';
import type { Failure } from '../../src/cli/failure.ts';
import {
  type Answer,
  hangUp,
  json,
  keepSilent,
  problem,
  type ScriptedApi,
  scriptedApi,
  text,
} from './scripted-api.ts';
import { alertView, headingView, idOf, sitrepView } from './views.ts';

let api: ScriptedApi | undefined;
afterEach(() => api?.close());

async function clientOf(...script: Answer[]): Promise<ApiClient> {
  api = await scriptedApi(...script);
  return new ApiClient(api.url, { small: 1_000, sitrep: 1_000 });
}

function failureOf(answer: Promise<unknown>): Promise<Failure> {
  return answer.then(
    () => Promise.reject(new Error('It did not fail.')),
    (error: Failure) => error,
  );
}

describe('what the API answers', () => {
  test('is handed on as it came', async () => {
    const client = await clientOf(json(200, sitrepView()));
    expect(await client.sitrep('current')).toEqual(sitrepView());
    expect(api?.received).toMatchObject([{ method: 'GET', path: '/v1/sitreps/current' }]);
  });

  test('may be nothing at all', async () => {
    const client = await clientOf((_, __, response) => response.writeHead(204).end());
    await client.deleteAlert(idOf(1));
    expect(api?.received).toMatchObject([{ method: 'DELETE', path: `/v1/alerts/${idOf(1)}` }]);
  });

  test('may be a problem, which keeps its type, its detail and its faults', async () => {
    const faults = [{ pointer: '/cases/0/id', detail: 'must be a UUID' }];
    const client = await clientOf(problem('invalid-sitrep', 'It has one fault.', { faults }));
    const { complaint } = await failureOf(client.sitrep('v1'));
    expect(complaint).toMatchObject({
      type: 'urn:sitrep:problem:invalid-sitrep',
      status: 422,
      detail: 'It has one fault.',
      faults,
    });
  });

  test('is found below a path too', async () => {
    api = await scriptedApi(json(200, sitrepView()));
    await new ApiClient(`${api.url}/fleet/`).sitrep('v3');
    expect(api.received).toMatchObject([{ path: '/fleet/v1/sitreps/v3' }]);
  });
});

describe('lists', () => {
  const page = (numbers: number[], nextCursor: string | null) =>
    json(200, { items: numbers.map((n) => alertView({ id: idOf(n) })), nextCursor });

  test('are read page by page until they end', async () => {
    const client = await clientOf(page([3, 2], 'after-2'), page([1], null));
    const { items, nextCursor } = await client.alerts(10, { class: 'test.foo', caseId: undefined });
    expect(items.map(({ id }) => id)).toEqual([idOf(3), idOf(2), idOf(1)]);
    expect(nextCursor).toBeNull();
    expect(api?.received.map(({ query }) => query)).toEqual([
      { class: 'test.foo', limit: '10' },
      { class: 'test.foo', limit: '8', cursor: 'after-2' },
    ]);
  });

  test('stop at the limit, and say that there is more', async () => {
    const client = await clientOf(page([3, 2], 'after-2'), page([1], 'after-1'));
    expect((await client.alerts(3, {})).nextCursor).toBe('after-1');
    expect(api?.received).toHaveLength(2);
  });

  test('never ask for a page larger than the API gives', async () => {
    const client = await clientOf(json(200, { items: [headingView()], nextCursor: null }));
    await client.sitreps(5_000, { state: 'orphaned' });
    expect(api?.received[0]?.query).toEqual({ state: 'orphaned', limit: '1000' });
  });
});

describe('no answer', () => {
  test('since nothing listens there: says how to start Sitrep', async () => {
    const client = await clientOf(keepSilent);
    await api?.close();
    const failure = await failureOf(client.info());
    expect(failure.message).toBe(`Sitrep is not running at ${client.url}`);
    expect(failure.hint).toMatch(/npm start.*sitrep up.*SITREP_URL/);
  });

  test.each<[string, Answer, RegExp]>([
    ['since it takes too long', keepSilent, /did not answer in time/],
    ['since the connection broke', hangUp, /broke the connection off/],
    ['that is JSON', text(200, '<html>hello</html>'), /not JSON\. Does another program listen there\?/],
    ['that is whole', (_, __, response) => response.end('{"id": "01a'), /not JSON/],
  ])('%s', async (_, answer, words) => {
    const client = await clientOf(answer);
    const failure = await failureOf(client.info());
    expect(failure.message).toMatch(words);
    expect(failure.message).toContain(client.url);
  });

  test('within the time-out, though the answer has begun', async () => {
    const client = await clientOf((_, __, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"service":');
    });
    expect((await failureOf(client.info())).message).toMatch(/did not answer in time/);
  });

  test('of its own: something between answers with an error page', async () => {
    const client = await clientOf(text(502, '<html>Bad gateway</html>'));
    const { complaint } = await failureOf(client.info());
    expect(complaint).toMatchObject({ title: 'HTTP 502 Bad Gateway', status: 502 });
  });
});

test.each(['http://no-such-host.invalid', 'http://127.0.0.1:1', 'ftp://127.0.0.1'])(
  '%s fails with a sentence',
  async (url) => {
    const failure = await failureOf(new ApiClient(url).info());
    expect(failure.message).toContain(url);
  },
);
