import { afterEach, describe, expect, test } from 'vitest';
import { whyInWords } from '../../src/cli/words/why.ts';
import type { WhyView } from '../../src/model/why.ts';
import { sitrep } from './captured.ts';
import { json, problem, type ScriptedApi, scriptedApi } from './scripted-api.ts';
import { alertView, headingView, idOf, requestView } from './views.ts';

let api: ScriptedApi | undefined;
afterEach(() => api?.close());

const RESTART = '5f0b3e1c-6a52-4d8e-9c1b-2f7d9a4e8b10';

function chain(fields: Partial<WhyView> = {}): WhyView {
  return {
    alertId: idOf(200),
    alert: alertView(),
    made: { sitrepId: idOf(1), time: '2026-11-20T08:10:28.200001Z' },
    request: {
      ...requestView(idOf(200), { comment: 'somebody\nhas to look' }),
      asIn: { sitrepId: idOf(3), version: 3 },
      caseId: idOf(100),
    },
    askedBy: { id: idOf(1), heading: headingView() },
    case: {
      asIn: { sitrepId: idOf(3), version: 3 },
      id: idOf(100),
      engine: 'power_shelf',
      closed: true,
      comment: 'PSU 4 of power shelf 0 was removed',
      createdSitrepId: idOf(1),
      closedSitrepId: idOf(2),
      ereportCount: 102,
      ereports: [
        {
          restartId: RESTART,
          ena: '0x3a1',
          comment: 'it has gone',
          assignedSitrepId: idOf(1),
          ereport: {
            restartId: RESTART,
            ena: '0x3a1',
            reporter: { type: 'sp', spType: 'power_shelf', slot: 0 },
            class: 'hw.remove.psu',
            serialNumber: null,
            partNumber: null,
            timeCollected: '2026-11-20T08:10:27.512000Z',
            body: { slot: 4 },
            markedSeenIn: idOf(1),
            setAside: null,
          },
        },
        { restartId: RESTART, ena: '0x3a2', comment: '', assignedSitrepId: idOf(2), ereport: null },
      ],
    },
    ...fields,
  };
}

describe('sitrep why', () => {
  test('tells the chain as a story', async () => {
    api = await scriptedApi(json(200, chain()));
    const { code, out } = await sitrep(['why', idOf(200)], { url: api.url });
    expect(code).toBe(0);
    expect(api.received).toMatchObject([{ method: 'GET', path: `/v1/alerts/${idOf(200)}/why` }]);
    expect(out).toBe(`\
Alert ${idOf(200)}  hardware.power_shelf.psu.remove, version 0
  It was made at 2026-11-20 08:10:28 UTC.

It exists because sitrep v1 ${idOf(1)} asked for it.
  comment    A power supply unit has been pulled out
  creator    diagnosis
  created    2026-11-20 08:10:28 UTC
  because    somebody
             has to look
  requested  up to v3

The case it is about, as of v3:
  id       ${idOf(100)}, closed
  engine   power_shelf
  comment  PSU 4 of power shelf 0 was removed
  opened   in ${idOf(1)}
  closed   in ${idOf(2)}

102 ereports are in that case:

  ${RESTART} 0x3a1
    hw.remove.psu, from power shelf 0, 2026-11-20 08:10:27 UTC
    it has gone
    {
      "slot": 4
    }

  ${RESTART} 0x3a2
    came in with ${idOf(2)}
    the service does not have it

  and 100 more
`);
  });

  test('gives the whole chain as JSON', async () => {
    api = await scriptedApi(json(200, chain()));
    const { out } = await sitrep(['why', idOf(200), '-o', 'json'], { url: api.url });
    expect(JSON.parse(out)).toEqual(chain());
  });

  test('ends with 1 and what the service says when nothing is known', async () => {
    api = await scriptedApi(problem('not-found', 'There is no alert.'));
    const { code, out, err } = await sitrep(['why', idOf(200)], { url: api.url });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/There is no alert\./);
  });

  test('takes nothing but an id', async () => {
    expect(await sitrep(['why', 'v3'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/must be a UUID/),
    });
  });
});

describe('why, in words,', () => {
  const words = (fields: Partial<WhyView>) =>
    whyInWords(chain(fields), { width: null, paint: (_, text) => text, now: 0 });

  test('says that an alert was deleted', () => {
    expect(words({ alert: null })).toContain('made at 2026-11-20 08:10:28 UTC, and has been deleted since');
  });

  test('says that there is no telling whether an alert was ever made', () => {
    expect(words({ alert: null, made: null })).toContain('has not been made yet, or was deleted long ago');
  });

  test('names a sitrep that was collected by its id', () => {
    expect(words({ askedBy: { id: idOf(1), heading: null } })).toContain(
      `the sitrep ${idOf(1)} asked for it, which has been collected since`,
    );
  });

  test('says when no version has the request and the case any more', () => {
    const text = words({ request: null, case: null });
    expect(text).toContain('in no version of history any more');
    expect(text).toContain('No version in history has the case that it was about');
  });

  test('says that Sitrep made an alert about itself', () => {
    const text = words({ request: null, askedBy: null, case: null, made: null });
    expect(text).toContain('No sitrep asked for it: Sitrep made it itself');
    expect(text).not.toContain('case');
  });
});
