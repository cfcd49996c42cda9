import type { CausingCase, CausingEreport, WhyView } from '../../model/why.ts';
import { reporterInWords } from './ereport.ts';
import { facts, indented, moment, onOneLine, plural, printable, type Style } from './style.ts';

/** Why an alert exists, as somebody would tell it who was there: who asked for it, about what, and what was reported. */
export function whyInWords(why: WhyView, style: Style): string {
  const story = why.askedBy
    ? [
        askerInWords(why.askedBy, why.request, style),
        caseInWords(why.case, style),
        ...ereportsInWords(why.case, why.askedBy.id, style),
      ]
    : ['No sitrep asked for it: Sitrep made it itself, about itself.'];
  return [alertInWords(why, style), ...story].join('\n\n');
}

function alertInWords({ alertId, alert, made, request }: WhyView, { paint }: Style): string {
  const asked = alert ?? request;
  const what = asked ? `  ${onOneLine(asked.class)}, version ${asked.version}` : '';
  return `${paint('bold', `Alert ${alertId}`)}${what}\n  ${becameOf(alert, made)}`;
}

function becameOf(alert: WhyView['alert'], made: WhyView['made']): string {
  if (alert) return `It was made at ${moment(alert.timeCreated)}.`;
  if (made) return `It was made at ${moment(made.time)}, and has been deleted since.`;
  return 'It is not there: it has not been made yet, or was deleted long ago.';
}

function askerInWords(
  { id, heading }: NonNullable<WhyView['askedBy']>,
  request: WhyView['request'],
  style: Style,
): string {
  const place = heading?.version ? `sitrep v${heading.version}` : 'the sitrep';
  const gone = heading ? '' : ', which has been collected since';
  const pairs: [string, string][] = [];
  if (heading) {
    if (heading.comment !== '') pairs.push(['comment', printable(heading.comment)]);
    pairs.push(['creator', onOneLine(heading.creator)], ['created', moment(heading.timeCreated)]);
  }
  if (request && request.comment !== '') pairs.push(['because', printable(request.comment)]);
  const upTo = request ? `up to v${request.asIn.version}` : 'in no version of history any more';
  pairs.push(['requested', upTo]);
  return [
    `It exists because ${place} ${style.paint('cyan', id)} asked for it${gone}.`,
    facts(pairs, style),
  ].join('\n');
}

function caseInWords(cause: CausingCase | null, style: Style): string {
  if (!cause) return 'No version in history has the case that it was about any more.';
  const pairs: [string, string][] = [
    ['id', `${style.paint('cyan', cause.id)}, ${cause.closed ? 'closed' : 'open'}`],
    ['engine', onOneLine(cause.engine)],
  ];
  if (cause.comment !== '') pairs.push(['comment', printable(cause.comment)]);
  pairs.push(['opened', `in ${cause.createdSitrepId}`]);
  if (cause.closedSitrepId) pairs.push(['closed', `in ${cause.closedSitrepId}`]);
  return `The case it is about, as of v${cause.asIn.version}:\n${facts(pairs, style)}`;
}

function ereportsInWords(cause: CausingCase | null, askingId: string, style: Style): string[] {
  if (!cause) return [];
  const { ereportCount, ereports } = cause;
  if (ereportCount === 0) return ['No ereports are in that case.'];
  const verb = ereportCount === 1 ? 'is' : 'are';
  const more = ereportCount - ereports.length;
  return [
    `${plural(ereportCount, 'ereport')} ${verb} in that case:`,
    ...ereports.map((one) => ereportInWords(one, askingId, style)),
    ...(more > 0 ? [`  and ${more.toLocaleString('en')} more`] : []),
  ];
}

function ereportInWords(one: CausingEreport, askingId: string, { paint }: Style): string {
  const { restartId, ena, comment, assignedSitrepId, ereport } = one;
  const lines = [];
  if (ereport) {
    const from = `from ${reporterInWords(ereport.reporter)}`;
    lines.push([onOneLine(ereport.class ?? 'of no class'), from, moment(ereport.timeCollected)].join(', '));
  }
  if (comment !== '') lines.push(printable(comment));
  if (assignedSitrepId !== askingId) {
    lines.push(paint('dim', `came in with ${assignedSitrepId}`));
  }
  lines.push(ereport ? printable(JSON.stringify(ereport.body, null, 2)) : 'the service does not have it');
  return [
    `  ${paint('cyan', `${restartId} ${ena}`)}`,
    ...lines.map((line) => `    ${indented(line, '    ')}`),
  ].join('\n');
}
