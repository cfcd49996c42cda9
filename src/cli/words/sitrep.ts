import type { CaseView, RendezvousView, SitrepView } from '../../model/views.ts';
import { facts, indented, moment, onOneLine, plural, printable, type Style } from './style.ts';

/** A sitrep whole; `workflow` is a link, or the workflow's id where there is no UI to link to. */
export function sitrepInWords(sitrep: SitrepView, workflow: string, style: Style): string {
  const { paint } = style;
  const place = sitrep.version === null ? 'Sitrep' : `Sitrep v${sitrep.version}`;
  const pairs: [string, string][] = [
    ['id', sitrep.id],
    ['parent', sitrep.parentId ?? 'none, it is the first'],
    ['creator', printable(sitrep.creator)],
  ];
  if (sitrep.comment !== '') pairs.push(['comment', printable(sitrep.comment)]);
  pairs.push(['created', moment(sitrep.timeCreated)]);
  if (sitrep.timeMadeCurrent) pairs.push(['current since', moment(sitrep.timeMadeCurrent)]);
  if (sitrep.timeReleased) pairs.push(['released', moment(sitrep.timeReleased)]);
  if (sitrep.rendezvous) pairs.push(['alerts', rendezvousInWords(sitrep.rendezvous)]);
  pairs.push(['workflow', workflow]);
  return [
    `${paint('bold', place)}  ${stateInColour(sitrep.state, style)}`,
    facts(pairs, style),
    '',
    casesInWords(sitrep.cases, style),
  ].join('\n');
}

export function stateInColour(state: SitrepView['state'], { paint }: Pick<Style, 'paint'>): string {
  if (state === 'current') return paint('green', state);
  if (state === 'orphaned') return paint('red', state);
  return state === 'submitted' || state === 'inserted' ? paint('yellow', state) : state;
}

function rendezvousInWords({ reconciled, last }: RendezvousView): string {
  if (!reconciled) return 'being made: some that it requests have not been made yet';
  const all = 'each that it requests has been made';
  if (!last) return all;
  const did = `${last.created} made of ${plural(last.examined, 'request')} looked at`;
  return `${all}\nlast rendezvous: ${did}, ${moment(last.time)}`;
}

function casesInWords(cases: CaseView[], style: Style): string {
  if (cases.length === 0) return 'No cases: nothing is believed to be wrong.';
  const open = cases.filter((one) => !one.closed);
  const closed = cases.filter((one) => one.closed);
  const count = `${plural(cases.length, 'case')}, of which ${open.length.toLocaleString('en')} open`;
  return [count, ...[...open, ...closed].map((one) => caseInWords(one, style))].join('\n\n');
}

function caseInWords(one: CaseView, { paint }: Style): string {
  const lines = [
    `${paint('cyan', one.id)}  ${one.closed ? paint('dim', 'closed') : 'open'}  ${printable(one.engine)}`,
  ];
  if (one.comment !== '') lines.push(indented(`  ${printable(one.comment)}`, '  '));
  for (const { restartId, ena, comment, ereport } of one.ereports) {
    const what = [ereport?.class, comment].filter(Boolean).map((text) => onOneLine(String(text)));
    lines.push(['  ereport', restartId, ena, ...what].join('  '));
  }
  for (const request of one.alertRequests) {
    const comment = request.comment === '' ? [] : [onOneLine(request.comment)];
    lines.push(['  request', request.id, `${request.class} v${request.version}`, ...comment].join('  '));
  }
  return lines.join('\n');
}
