import type { AlertView, SitrepHeading } from '../../model/views.ts';
import { stateInColour } from './sitrep.ts';
import { age, facts, moment, onOneLine, type Style } from './style.ts';
import { table } from './table.ts';

export function historyInWords(sitreps: SitrepHeading[], style: Style): string {
  const columns = [
    { head: 'VERSION', align: 'right' as const },
    { head: 'STATE' },
    { head: 'ID' },
    { head: 'AGE', align: 'right' as const },
    { head: 'COMMENT', cut: true as const, optional: true as const },
    { head: 'CREATOR', cut: true as const, optional: true as const },
  ];
  const rows = sitreps.map((sitrep) => [
    sitrep.version === null ? '' : `v${sitrep.version}`,
    stateInColour(sitrep.state, style),
    sitrep.id,
    age(sitrep.timeCreated, style.now),
    onOneLine(sitrep.comment),
    onOneLine(sitrep.creator),
  ]);
  return table(columns, rows, style);
}

export function alertsInWords(alerts: AlertView[], style: Style): string {
  const columns = [
    { head: 'ID' },
    { head: 'CLASS', cut: true as const },
    { head: 'AGE', align: 'right' as const },
    { head: 'CASE', optional: true as const },
  ];
  const rows = alerts.map((alert) => [
    alert.id,
    `${onOneLine(alert.class)} v${alert.version}`,
    age(alert.timeCreated, style.now),
    alert.caseId ?? '',
  ]);
  return table(columns, rows, style);
}

export function alertInWords(alert: AlertView, style: Style): string {
  const dispatched = alert.timeDispatched
    ? `${moment(alert.timeDispatched)}, ${alert.numDispatched} times`
    : 'not yet';
  const pairs: [string, string][] = [
    ['id', alert.id],
    ['class', `${onOneLine(alert.class)}, version ${alert.version}`],
    ['case', alert.caseId ?? 'none: it is about Sitrep itself'],
    ['created', moment(alert.timeCreated)],
    ['dispatched', dispatched],
    ['payload', JSON.stringify(alert.payload, null, 2)],
  ];
  return `${style.paint('bold', 'Alert')}\n${facts(pairs, style)}`;
}
