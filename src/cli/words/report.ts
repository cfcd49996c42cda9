import type { AnalysisView, LogLine, SetAside } from '../../model/analysis-report.ts';
import { facts, indented, moment, onOneLine, plural, printable, type Style } from './style.ts';

/** What an analysis saw, and why it did what it did: first all that came in, then each engine and each case. */
export function reportInWords({ sitrepId, inputs, report, timeCreated }: AnalysisView, style: Style): string {
  const { engines, cases, notUnderstood, ignored, undecided } = report;
  const sections = [
    `${style.paint('bold', 'Analysis')}  of sitrep ${sitrepId}, made ${moment(timeCreated)}`,
    `What it saw:\n${inputsInWords(inputs, report.inputs, style)}`,
    ...engines.map((engine) => engineInWords(engine, style)),
    ...cases.map(({ id, engine, log }) => {
      return [`Case ${style.paint('cyan', id)}  ${onOneLine(engine)}`, ...logInWords(log, style)].join('\n');
    }),
    setAsideInWords('not understood', notUnderstood),
    setAsideInWords('ignored', ignored),
    setAsideInWords(
      'left for the next analysis, since an engine failed',
      undecided.map((one) => ({ ...one, because: [] })),
    ),
  ];
  return sections.filter((text) => text !== '').join('\n\n');
}

function inputsInWords(
  stored: AnalysisView['inputs'],
  { newEreports, openCases, closedCasesCarried, closedCasesDropped, casesWithoutEngine }: Seen,
  style: Style,
): string {
  const { configurationVersion: version } = stored;
  const carried = closedCasesCarried.map(({ id, unmarkedEreports, unmetRequests }) => {
    const unmarked = `${plural(unmarkedEreports.length, 'ereport')} not marked as seen`;
    return `${id}: ${unmarked}, ${plural(unmetRequests.length, 'alert')} not made yet`;
  });
  const pairs: [string, string][] = [
    ['time', moment(stored.time)],
    ['parent', stored.parentId ?? 'none, it is the first'],
    ['configuration', version === 0 ? 'the defaults' : `version ${version}`],
    ['new ereports', listed(newEreports.map(nameOf))],
    ['open cases', openCases.length.toLocaleString('en')],
    ['closed, carried', listed(carried)],
    ['closed, dropped', listed(closedCasesDropped)],
    ['of no engine', listed(casesWithoutEngine)],
  ];
  return facts(pairs, style);
}
type Seen = AnalysisView['report']['inputs'];

function listed(lines: string[]): string {
  return lines.length === 0 ? 'none' : lines.join('\n');
}

function engineInWords({ name, log, error }: Engine, style: Style): string {
  const failed =
    error === null ? [] : [`  ${style.paint('red', 'failed')}: ${indented(printable(error), '    ')}`];
  const lines = [...failed, ...logInWords(log, style)];
  const heading = `Engine ${style.paint('cyan', onOneLine(name))}`;
  return lines.length === 0 ? `${heading}  had nothing to say` : [heading, ...lines].join('\n');
}
type Engine = AnalysisView['report']['engines'][number];

function logInWords(log: LogLine[], { paint }: Style): string[] {
  return log.map(({ level, event, values = {} }) => {
    const said = Object.entries(values).map(([name, value]) => `${onOneLine(name)}=${valueInWords(value)}`);
    const sign = level === 'warning' ? paint('yellow', '!') : ' ';
    return [`${sign} ${onOneLine(event)}`, ...said].join('  ');
  });
}

/** A text as it is where nothing in it could be taken for the next value. */
function valueInWords(value: unknown): string {
  const text = typeof value === 'string' && /^[\w.:/-]+$/.test(value) ? value : JSON.stringify(value);
  return onOneLine(text);
}

function setAsideInWords(what: string, setAside: SetAside[]): string {
  if (setAside.length === 0) return '';
  const lines = setAside.map((one) => {
    const why = one.because.map((said) => `${said.engine}: ${onOneLine(said.why)}`).join('; ');
    return [`  ${nameOf(one)}`, onOneLine(one.class ?? 'of no class'), ...(why === '' ? [] : [why])].join(
      '  ',
    );
  });
  return [`${plural(setAside.length, 'ereport')} ${what}:`, ...lines].join('\n');
}

function nameOf({ restartId, ena }: { restartId: string; ena: string }): string {
  return `${restartId} ${ena}`;
}
