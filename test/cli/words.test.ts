import { describe, expect, test } from 'vitest';
import { diffInWords } from '../../src/cli/words/diff.ts';
import { alertInWords, alertsInWords, historyInWords } from '../../src/cli/words/lists.ts';
import { sitrepInWords } from '../../src/cli/words/sitrep.ts';
import { age, printable, type Style } from '../../src/cli/words/style.ts';
import { table } from '../../src/cli/words/table.ts';
import { tendInWords } from '../../src/cli/words/tend.ts';
import { diffSitreps } from '../../src/model/diff.ts';
import type { TendReport } from '../../src/model/lifecycle.ts';
import { alertView, caseView, ereportView, headingView, idOf, requestView, sitrepView } from './views.ts';

function style(width: number | null = null): Style {
  return { width, paint: (_, text) => text, now: Date.parse('2026-11-20T08:13:28Z') };
}

function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}

describe('a table', () => {
  const heading = headingView({ creator: 'diagnosis on rack 7', comment: 'x'.repeat(200) });

  test.each([80, 100, 160])('fits %i columns, with its ids whole', (width) => {
    const text = historyInWords([heading], style(width));
    expect(widest(text)).toBeLessThanOrEqual(width);
    expect(text).toContain(heading.id);
  });

  test('is not cut where there is no terminal', () => {
    expect(historyInWords([heading], style())).toContain('x'.repeat(200));
  });

  test('leaves out what is optional before it cuts an id', () => {
    const text = alertsInWords([alertView()], style(76));
    expect(text).toContain(idOf(200));
    expect(text).not.toContain('CASE');
    expect(widest(text)).toBeLessThanOrEqual(76);
    expect(alertsInWords([alertView()], style(120))).toContain(idOf(100));
  });

  test('counts wide characters double', () => {
    const text = table([{ head: 'A', cut: true }, { head: 'B' }], [['警報警報警報警報', 'b']], style(14));
    expect(text.split('\n')[1]).toMatch(/^警報.*… +b$/);
  });
});

test('history tells version, state, id, age, comment and creator', () => {
  const orphan = headingView({ id: idOf(2), state: 'orphaned', version: null, comment: 'two\nlines' });
  expect(historyInWords([headingView(), orphan], style())).toBe(
    [
      'VERSION  STATE     ID                                    AGE  COMMENT                                  CREATOR',
      `     v1  current   ${idOf(1)}   3m  A power supply unit has been pulled out  diagnosis`,
      `         orphaned  ${idOf(2)}   3m  two lines                                diagnosis`,
    ].join('\n'),
  );
});

test('a sitrep tells its heading, its rendezvous and its cases, open ones first', () => {
  const view = sitrepView({
    parentId: idOf(7),
    version: 3,
    rendezvous: {
      reconciled: true,
      generation: 2,
      metGeneration: 2,
      last: { sitrepId: idOf(1), time: '2026-11-20T08:10:29.000000Z', examined: 2, created: 1 },
    },
    cases: [
      caseView({ id: idOf(101), closed: true, comment: '' }),
      caseView({
        ereports: [ereportView('0x3a1', { comment: 'removed', ereport: { class: 'hw.remove.psu' } })],
        alertRequests: [requestView(idOf(200), { comment: 'for the watch' })],
      }),
    ],
  });
  expect(sitrepInWords(view, 'http://ui/w', style())).toBe(`Sitrep v3  current
  id             ${idOf(1)}
  parent         ${idOf(7)}
  creator        diagnosis
  comment        A power supply unit has been pulled out
  created        2026-11-20 08:10:28 UTC
  current since  2026-11-20 08:10:28 UTC
  alerts         each that it requests has been made
                 last rendezvous: 1 made of 2 requests looked at, 2026-11-20 08:10:29 UTC
  workflow       http://ui/w

2 cases, of which 1 open

${idOf(100)}  open  power_shelf
  PSU 4 of power shelf 0 was removed
  ereport  5f0b3e1c-6a52-4d8e-9c1b-2f7d9a4e8b10  0x3a1  hw.remove.psu  removed
  request  ${idOf(200)}  test.foo v0  for the watch

${idOf(101)}  closed  power_shelf`);
});

test('a sitrep without history, version, cases and alerts', () => {
  const text = sitrepInWords(
    sitrepView({ version: null, state: 'orphaned', timeMadeCurrent: null }),
    'w',
    style(),
  );
  expect(text).toMatch(/^Sitrep {2}orphaned\n/);
  expect(text).toMatch(/none, it is the first/);
  expect(text).toMatch(/No cases/);
  const waiting = { reconciled: false, generation: 1, metGeneration: 0, last: null };
  expect(sitrepInWords(sitrepView({ rendezvous: waiting }), 'w', style())).toMatch(/alerts +being made/);
});

test('an alert tells its payload', () => {
  expect(alertInWords(alertView(), style())).toContain(
    ['payload     {', '                "slot": 4', '              }'].join('\n'),
  );
});

describe('a diff', () => {
  test('tells what was opened, closed, changed and is gone, and counts requests', () => {
    const from = sitrepView({
      cases: [
        caseView({ id: idOf(101), comment: 'removed', alertRequests: [requestView()] }),
        caseView({ id: idOf(102), comment: 'before' }),
        caseView({ id: idOf(103), comment: '', alertRequests: [requestView(idOf(203))] }),
      ],
    });
    const to = sitrepView({
      id: idOf(2),
      version: 2,
      cases: [
        caseView({
          id: idOf(101),
          closed: true,
          comment: 'inserted again',
          ereports: [ereportView('0x3a2')],
          alertRequests: [requestView(), requestView(idOf(201), { comment: 'back' })],
        }),
        caseView({ id: idOf(102), comment: 'after' }),
        caseView({ id: idOf(104), comment: 'new' }),
      ],
    });
    expect(diffInWords(diffSitreps(from, to), style())).toBe(`v1 ${idOf(1)} → v2 ${idOf(2)}

1 case opened
+ ${idOf(104)}  power_shelf  new

1 case closed
~ ${idOf(101)}  power_shelf
    comment: "removed" → "inserted again"
    + ereport 5f0b3e1c-6a52-4d8e-9c1b-2f7d9a4e8b10 0x3a2
    + request ${idOf(201)}  test.foo v0  back

1 case changed
~ ${idOf(102)}  power_shelf
    comment: "before" → "after"

1 case gone
- ${idOf(103)}  power_shelf
    - request ${idOf(203)}  test.foo v0

1 alert request added, 1 dropped`);
  });

  test('says when there is none', () => {
    expect(diffInWords(diffSitreps(sitrepView(), sitrepView()), style())).toMatch(/No difference/);
  });
});

describe('a tend report', () => {
  const nothing = { count: 0, ids: [] };
  const report: TendReport = {
    dryRun: false,
    thorough: false,
    found: {
      alertsMade: nothing,
      ereportsMarked: nothing,
      alertsDispatched: nothing,
      receiversWoken: nothing,
      versionsPruned: nothing,
      signalsSent: nothing,
      sitrepsDeleted: { count: 1200, ids: [idOf(1)] },
      submissionsDeleted: nothing,
      markersDeleted: nothing,
      analysesDeleted: nothing,
      analysisStarted: nothing,
      auditDeleted: nothing,
      tokensDeleted: nothing,
    },
  };

  test('counts each kind, and names what it can', () => {
    const text = tendInWords(report, style());
    expect(text).toMatch(/1,200 {2}sitreps that no open lifecycle would have deleted/);
    expect(text).toContain(`  ${idOf(1)}\n  and 1,199 more`);
    expect(text).toMatch(/This was mended/);
  });

  test('says that a dry run mended nothing, and when there was nothing to mend', () => {
    expect(tendInWords({ ...report, dryRun: true }, style())).toMatch(/A dry run/);
    const idle = { ...report, found: { ...report.found, sitrepsDeleted: nothing } };
    expect(tendInWords(idle, style())).toMatch(/Nothing had to be mended/);
  });
});

test("what somebody else wrote can't command the terminal", () => {
  expect(printable('a\u001b[2Jb\u009bc\u202ed')).toBe('a\\u001b[2Jb\\u009bc\\u202ed');
  const view = sitrepView({
    comment: '\u001b]0;title\u0007',
    cases: [caseView({ comment: 'x\r\u001b[1A' })],
  });
  const all = [
    sitrepInWords(view, 'w', style()),
    historyInWords([view], style()),
    diffInWords(diffSitreps(sitrepView(), view), style()),
  ];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are looked for
  for (const text of all) expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});

test.each([
  ['2026-11-20T08:13:18.999999Z', '9s'],
  ['2026-11-20T08:11:29.000000Z', '119s'],
  ['2026-11-20T07:13:28.000000Z', '60m'],
  ['2026-11-19T08:13:28.000000Z', '24h'],
  ['2026-11-10T08:13:28.000000Z', '10d'],
  ['2026-11-20T08:13:29.000000Z', '0s'],
])('the age of %s is %s', (time, words) => {
  expect(age(time, style().now)).toBe(words);
});
