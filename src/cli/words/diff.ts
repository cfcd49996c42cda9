import {
  type CaseChange,
  type CaseInBrief,
  type Changes,
  type Differences,
  type EreportInCase,
  isSame,
  type RequestInCase,
  type Side,
  type SitrepDiff,
} from '../../model/diff.ts';
import { onOneLine, plural, type Style } from './style.ts';

/** What changed from one sitrep to the other, as somebody would tell it who has read both. */
export function diffInWords(diff: SitrepDiff, style: Style): string {
  const heading = style.paint('bold', `${sideInWords(diff.from)} → ${sideInWords(diff.to)}`);
  if (isSame(diff)) return `${heading}\n\nNo difference in what is believed, and in what is requested.`;
  return [heading, differencesInWords(diff, style)].join('\n\n');
}

export function differencesInWords(diff: Differences, style: Style): string {
  const added = Map.groupBy(diff.requestsAdded, ({ caseId }) => caseId);
  const dropped = Map.groupBy(diff.requestsDropped, ({ caseId }) => caseId);
  const sections = [
    section('opened', diff.opened, (one) => caseInBrief('+', one, added.get(one.id), style)),
    section('closed', diff.closed, (change) => caseChange(change, style)),
    section('changed', diff.changed, (change) => caseChange(change, style)),
    section('gone', diff.gone, (one) => caseInBrief('-', one, dropped.get(one.id), style)),
    requestCount(diff),
  ];
  return sections.filter((text) => text !== '').join('\n\n');
}

function sideInWords({ id, version, state }: Side): string {
  return version === null ? `${id} (${state})` : `v${version} ${id}`;
}

function section<Item>(what: string, items: Item[], inWords: (item: Item) => string): string {
  if (items.length === 0) return '';
  return [`${plural(items.length, 'case')} ${what}`, ...items.map(inWords)].join('\n');
}

function requestCount({ requestsAdded, requestsDropped }: Differences): string {
  if (requestsAdded.length + requestsDropped.length === 0) return '';
  return `${plural(requestsAdded.length, 'alert request')} added, ${requestsDropped.length} dropped`;
}

function caseInBrief(
  sign: '+' | '-',
  { id, engine, closed, comment }: CaseInBrief,
  requests: RequestInCase[] = [],
  style: Style,
): string {
  return [
    signed(sign, `${id}  ${onOneLine(engine)}${closed ? ' (closed)' : ''}${said(comment)}`, style),
    ...requests.map((request) => `    ${signed(sign, requestInWords(request), style)}`),
  ].join('\n');
}

function caseChange(change: CaseChange, style: Style): string {
  const { closed, ...fields } = change.fields;
  const reopened = closed?.to === false ? ' (reopened)' : '';
  const lines = [
    signed('~', `${change.id}  ${onOneLine(change.engine)}${reopened}`, style),
    ...fieldsInWords(fields).map((line) => `    ${line}`),
    ...change.ereportsAdded.map((one) => `    ${signed('+', ereportInWords(one), style)}`),
    ...change.ereportsDropped.map((one) => `    ${signed('-', ereportInWords(one), style)}`),
    ...change.requestsAdded.map((one) => `    ${signed('+', requestInWords(one), style)}`),
    ...change.requestsDropped.map((one) => `    ${signed('-', requestInWords(one), style)}`),
  ];
  for (const one of change.ereportsChanged) {
    lines.push(`    ${signed('~', `ereport ${one.restartId} ${one.ena}`, style)}`);
    lines.push(...fieldsInWords(one.fields).map((line) => `        ${line}`));
  }
  for (const one of change.requestsChanged) {
    lines.push(`    ${signed('~', `request ${one.id}  ${onOneLine(one.class)} v${one.version}`, style)}`);
    lines.push(...fieldsInWords(one.fields).map((line) => `        ${line}`));
  }
  return lines.join('\n');
}

function fieldsInWords(fields: Changes): string[] {
  return Object.entries(fields).map(([name, { from, to }]) => `${name}: ${value(from)} → ${value(to)}`);
}

function value(of: unknown): string {
  return onOneLine(JSON.stringify(of));
}

function ereportInWords({ restartId, ena, comment }: EreportInCase): string {
  return `ereport ${restartId} ${ena}${said(comment)}`;
}

function requestInWords({ id, class: name, version, comment }: RequestInCase): string {
  return `request ${id}  ${onOneLine(name)} v${version}${said(comment)}`;
}

function said(comment: string): string {
  return comment === '' ? '' : `  ${onOneLine(comment)}`;
}

const COLOURS = { '+': 'green', '-': 'red', '~': 'yellow' } as const;

function signed(sign: keyof typeof COLOURS, text: string, { paint }: Style): string {
  return `${paint(COLOURS[sign], sign)} ${text}`;
}
