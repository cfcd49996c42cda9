import { afterEach, describe, expect, test } from 'vitest';
import { ApiClient } from '../../src/cli/api-client.ts';
import { withId } from '../../src/cli/child.ts';
import type { Failure } from '../../src/cli/failure.ts';
import { submitPatiently } from '../../src/cli/submit.ts';
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
import { idOf, sitrepView } from './views.ts';

const QUICK = { attempts: 3, asks: 4, firstPauseMs: 1, longestPauseMs: 2 };
const DOCUMENT = { parentId: null, creator: 'test', cases: [] };

let api: ScriptedApi;
afterEach(() => api.close());

async function submit(...script: Answer[]) {
  api = await scriptedApi(...script);
  const notes: string[] = [];
  const client = new ApiClient(api.url, { sitrep: 1_000 });
  const outgoing = withId(DOCUMENT);
  const ended = await submitPatiently(client, outgoing, (line) => notes.push(line), QUICK).then(
    (submitted) => ({ submitted, failure: undefined }),
    (failure: Failure) => ({ submitted: undefined, failure }),
  );
  const sent = api.received.filter(({ method }) => method === 'POST').map(({ body }) => body);
  return { ...ended, notes, sent, id: outgoing.id };
}

/** Answers about whatever id is asked for. */
function standing(status: number, state: string, version: number | null = null): Answer {
  return (received, request, response) => {
    const id = (received.body as { id: string } | undefined)?.id ?? received.path.split('/').at(-1);
    json(status, { ...sitrepView(), id, state, version })(received, request, response);
  };
}

describe('a submission', () => {
  test('carries an id that was made before it was first sent', async () => {
    const { submitted, sent, id } = await submit(standing(201, 'current', 1));
    expect(sent).toEqual([{ ...DOCUMENT, id }]);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(submitted).toMatchObject({ view: { id, state: 'current', version: 1 }, recognised: false });
  });

  test('that was made before is recognised', async () => {
    const { submitted } = await submit(standing(200, 'superseded', 1));
    expect(submitted).toMatchObject({ view: { state: 'superseded' }, recognised: true });
  });

  test.each<[string, Answer]>([
    ['a broken connection', hangUp],
    ['a time-out', keepSilent],
    ['503', problem('unavailable', 'Temporal cannot be reached.')],
    ['a gateway without a service', text(502, 'Bad gateway')],
    ['an answer that is not JSON', text(200, 'oops')],
  ])('is the same one when it is sent again after %s', async (_, fault) => {
    const { submitted, sent, notes, id } = await submit(fault, standing(200, 'current', 1));
    expect(submitted).toMatchObject({ view: { id }, recognised: false });
    expect(sent).toEqual([
      { ...DOCUMENT, id },
      { ...DOCUMENT, id },
    ]);
    expect(notes).toEqual([expect.stringContaining('Trying again (2 of 3).')]);
  });

  test('is given up after some attempts, and says how it can be made again', async () => {
    const { failure, sent, id } = await submit(problem('unavailable', 'Temporal cannot be reached.'));
    expect(sent).toHaveLength(QUICK.attempts);
    expect(failure?.complaint).toMatchObject({ status: 503, submittedId: id });
    expect(failure?.hint).toContain(`"id": "${id}"`);
  });

  test.each([
    ['parent-not-current', /--as-child/],
    ['sitrep-id-reused', /--as-child/],
    ['invalid-sitrep', /^$/],
    ['body-too-large', /^$/],
  ] as const)('that is refused (%s) is not sent again', async (name, hint) => {
    const { failure, sent } = await submit(problem(name, 'No.'));
    expect(sent).toHaveLength(1);
    expect(failure?.complaint.type).toBe(`urn:sitrep:problem:${name}`);
    expect(failure?.hint ?? '').toMatch(hint);
  });
});

describe('a submission that is not decided yet', () => {
  test('is asked for until it is', async () => {
    const { submitted, notes, id } = await submit(
      standing(202, 'submitted'),
      standing(200, 'submitted'),
      standing(200, 'inserted'),
      standing(200, 'current', 7),
    );
    expect(submitted).toEqual({ view: { id, state: 'current', version: 7 }, recognised: false });
    expect(api.received.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET', 'GET']);
    expect(notes).toHaveLength(1);
  });

  test('may turn out to have lost', async () => {
    const { submitted } = await submit(standing(202, 'submitted'), standing(200, 'orphaned'));
    expect(submitted?.view.state).toBe('orphaned');
  });

  test('is asked for a bounded number of times', async () => {
    const { submitted } = await submit(standing(202, 'submitted'), standing(200, 'inserted'));
    expect(submitted?.view.state).toBe('inserted');
    expect(api.received).toHaveLength(1 + QUICK.asks);
  });

  test('outlives answers that fail to come', async () => {
    const { submitted } = await submit(
      standing(202, 'submitted'),
      hangUp,
      problem('unavailable', 'Postgres cannot be reached.'),
      standing(200, 'current', 2),
    );
    expect(submitted?.view).toMatchObject({ state: 'current', version: 2 });
  });

  test('is sent again when it is gone, to be told why', async () => {
    const { failure, sent } = await submit(
      standing(202, 'submitted'),
      problem('not-found', 'There is no such sitrep.'),
      problem('parent-not-current', 'Another one is.', { current: { id: idOf(5), version: 5 } }),
    );
    expect(sent).toHaveLength(2);
    expect(failure?.complaint.title).toBe('The parent is not the current sitrep');
  });
});
