import type { AuditView } from '../../model/audit.ts';
import { moment, onOneLine, type Style } from './style.ts';
import { table } from './table.ts';

export function auditInWords(entries: AuditView[], style: Style): string {
  const columns = [
    { head: 'TIME' },
    { head: 'ACTOR', cut: true as const },
    { head: 'ACTION' },
    { head: 'THING' },
    { head: 'CHANGE', cut: true as const, optional: true as const },
  ];
  const rows = entries.map((entry) => [
    moment(entry.timeCreated),
    entry.actor,
    entry.action,
    onOneLine(entry.thing),
    onOneLine(changeInWords(entry)),
  ]);
  return table(columns, rows, style);
}

/** `enabled: true → false`; of what was made or deleted, what it was. */
function changeInWords({ before, after }: AuditView): string {
  const names = Object.keys({ ...before, ...after });
  if (!before || !after) return names.map((name) => `${name}: ${told((after ?? before)?.[name])}`).join(', ');
  const changed = names.filter((name) => told(before[name]) !== told(after[name]));
  return changed.map((name) => `${name}: ${told(before[name])} → ${told(after[name])}`).join(', ');
}

function told(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
