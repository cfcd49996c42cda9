import { afterEach, expect, test, vi } from 'vitest';
import { ApiClient } from '../../src/cli/api-client.ts';
import { sendPatiently } from '../../src/cli/patience.ts';
import { type Answer, json, problem, type ScriptedApi, scriptedApi } from './scripted-api.ts';

const QUICK = { attempts: 3, asks: 1, firstPauseMs: 1, longestPauseMs: 2 };

/** How long was paused, in vain. */
const pauses = vi.hoisted((): number[] => []);
vi.mock('node:timers/promises', () => ({ setTimeout: async (ms: number) => void pauses.push(ms) }));

let api: ScriptedApi;
afterEach(async () => {
  pauses.length = 0;
  await api.close();
});

/** Refused for now, with what the service asks for. */
function notNow(name: 'too-many-requests' | 'unavailable', retryAfter: string): Answer {
  return (received, request, response) => {
    response.setHeader('retry-after', retryAfter);
    problem(name, 'Not now.')(received, request, response);
  };
}

async function send(...script: Answer[]) {
  api = await scriptedApi(...script);
  const client = new ApiClient(api.url);
  const notes: string[] = [];
  const sent = await sendPatiently(
    client,
    () => client.submit('{}'),
    (line) => notes.push(line),
    QUICK,
  );
  return { ...sent, notes };
}

test.each(['too-many-requests', 'unavailable'] as const)(
  'what is answered %s is sent again, no sooner than the service asks for',
  async (name) => {
    const { reply, attempts, notes } = await send(notNow(name, '37'), json(200, {}));
    expect({ kind: reply.kind, attempts, pauses }).toEqual({ kind: 'answer', attempts: 2, pauses: [37_000] });
    expect(notes).toEqual([expect.stringMatching(/Not now\. Trying again in 37 s \(2 of 3\)\.$/)]);
  },
);

test('what the service asks for beyond all patience is left to the user', async () => {
  const { reply, attempts } = await send(notNow('too-many-requests', '3600'));
  expect(reply).toMatchObject({ kind: 'problem', status: 429, retryAfterMs: 3_600_000 });
  expect({ attempts, pauses }).toEqual({ attempts: 1, pauses: [] });
});

test.each(['', 'Wed, 25 Nov 2026 18:00:00 GMT', '-1', '1.5'])(
  'what is no number of seconds (%j) counts for nothing',
  async (retryAfter) => {
    const { attempts } = await send(notNow('unavailable', retryAfter), json(200, {}));
    expect({ attempts, pauses }).toEqual({ attempts: 2, pauses: [1] });
  },
);
