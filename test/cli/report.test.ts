import { afterEach, describe, expect, test } from 'vitest';
import { reportInWords } from '../../src/cli/words/report.ts';
import type { AnalysisReportView, AnalysisView } from '../../src/model/analysis-report.ts';
import { aReport, storedInputs } from '../support/analysis.ts';
import { sitrep } from './captured.ts';
import { json, problem, type ScriptedApi, scriptedApi } from './scripted-api.ts';
import { headingView, idOf, sitrepView } from './views.ts';

let api: ScriptedApi | undefined;
afterEach(() => api?.close());

const RESTART = '5f0b3e1c-6a52-4d8e-9c1b-2f7d9a4e8b10';
const removed = { restartId: RESTART, ena: '0x3a1' };
const garbled = { restartId: RESTART, ena: '0x3a2' };
const odd = { ...garbled, class: null };

function analysis(fields: Partial<AnalysisReportView> = {}): AnalysisView {
  return {
    sitrepId: idOf(2),
    timeCreated: '2026-11-20T12:00:01.000001Z',
    inputs: storedInputs({ parentId: idOf(1), arrived: [removed, garbled], configurationVersion: 3 }),
    report: {
      ...aReport(idOf(2)),
      inputs: {
        time: '2026-11-20T12:00:00.000Z',
        parentId: idOf(1),
        newEreports: [removed, garbled],
        openCases: [idOf(101), idOf(102)],
        closedCasesCarried: [{ id: idOf(103), unmarkedEreports: [removed], unmetRequests: [idOf(200)] }],
        closedCasesDropped: [idOf(104)],
        casesWithoutEngine: [],
      },
      engines: [
        { name: 'power_shelf', log: [], error: null },
        {
          name: 'threshold.fans',
          log: [{ level: 'info', event: 'nothing to count' }],
          error: 'TypeError: no\nsuch thing',
        },
      ],
      cases: [
        {
          id: idOf(101),
          engine: 'power_shelf',
          log: [
            { level: 'info', event: 'added an ereport', values: { ena: '0x3a1', comment: 'it has gone' } },
            { level: 'warning', event: 'cannot close it', values: { absent: ['4', '5'], slots: 6 } },
          ],
        },
      ],
      notUnderstood: [{ ...odd, because: [{ engine: 'power_shelf', why: 'slot is no number' }] }],
      undecided: [odd],
      ...fields,
    },
  };
}

describe('sitrep report', () => {
  test('tells what the analysis saw, and why it did what it did', async () => {
    api = await scriptedApi(json(200, analysis()));
    const { code, out } = await sitrep(['report', 'v2'], { url: api.url });
    expect(code).toBe(0);
    expect(api.received).toMatchObject([{ method: 'GET', path: '/v1/sitreps/v2/report' }]);
    expect(out).toBe(`\
Analysis  of sitrep ${idOf(2)}, made 2026-11-20 12:00:01 UTC

What it saw:
  time             2026-11-20 12:00:00 UTC
  parent           ${idOf(1)}
  configuration    version 3
  new ereports     ${RESTART} 0x3a1
                   ${RESTART} 0x3a2
  open cases       2
  closed, carried  ${idOf(103)}: 1 ereport not marked as seen, 1 alert not made yet
  closed, dropped  ${idOf(104)}
  of no engine     none

Engine power_shelf  had nothing to say

Engine threshold.fans
  failed: TypeError: no
    such thing
  nothing to count

Case ${idOf(101)}  power_shelf
  added an ereport  ena=0x3a1  comment="it has gone"
! cannot close it  absent=["4","5"]  slots=6

1 ereport not understood:
  ${RESTART} 0x3a2  of no class  power_shelf: slot is no number

1 ereport left for the next analysis, since an engine failed:
  ${RESTART} 0x3a2  of no class
`);
  });

  test('gives the whole of it as JSON', async () => {
    api = await scriptedApi(json(200, analysis()));
    const { out } = await sitrep(['report', idOf(2), '-o', 'json'], { url: api.url });
    expect(JSON.parse(out)).toEqual(analysis());
  });

  test('finds the current one by its heading', async () => {
    const page = { items: [headingView({ id: idOf(2) })], nextCursor: null };
    api = await scriptedApi(json(200, page), json(200, analysis()));
    expect(await sitrep(['report', 'current'], { url: api.url })).toMatchObject({ code: 0 });
    expect(api.received.map(({ path, query }) => [path, query.state])).toEqual([
      ['/v1/sitreps', 'current'],
      [`/v1/sitreps/${idOf(2)}/report`, undefined],
    ]);
  });

  test('goes on to what became current between two questions', async () => {
    const nothing = { items: [], nextCursor: null };
    api = await scriptedApi(
      json(200, nothing),
      json(200, sitrepView({ id: idOf(2) })),
      json(200, analysis()),
    );
    expect(await sitrep(['report', 'current'], { url: api.url })).toMatchObject({ code: 0 });
    expect(api.received.at(-1)?.path).toBe(`/v1/sitreps/${idOf(2)}/report`);
  });

  test('ends with 1 and what the service says when there is none', async () => {
    api = await scriptedApi(problem('not-found', 'The sitrep was not made by analysis.'));
    const { code, out, err } = await sitrep(['report', 'v1'], { url: api.url });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/not made by analysis/);
  });

  test('takes nothing but a sitrep', async () => {
    expect(await sitrep(['report', 'everything'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/It must be an id, vN/),
    });
  });
});

describe('a report, in words,', () => {
  const words = (view: AnalysisView) =>
    reportInWords(view, { width: null, paint: (_, text) => text, now: 0 });

  test('of the first analysis says that it had neither parent nor configuration', () => {
    const text = words({ ...analysis(), inputs: storedInputs() });
    expect(text).toContain('none, it is the first');
    expect(text).toContain('the defaults');
  });

  test('keeps what machines and engines say from moving the cursor', () => {
    const text = words(
      analysis({
        engines: [{ name: 'own', log: [], error: '\u001b[2J' }],
        cases: [
          {
            id: idOf(101),
            engine: 'own\u001b[2J',
            log: [{ level: 'info', event: 'a\nb\u001b[2J', values: { 'a\u001b[2J': '\u009b2J' } }],
          },
        ],
        ignored: [{ ...removed, class: '\u001b[2J', because: [{ engine: 'own', why: '\u001b[2J' }] }],
      }),
    );
    for (const obeyed of ['\u001b', '\u009b']) expect(text).not.toContain(obeyed);
    expect(text).toContain('a b\\u001b[2J');
  });
});
