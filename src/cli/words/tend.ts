import { TEND_KINDS, type TendKind, type TendReport } from '../../model/lifecycle.ts';
import type { Style } from './style.ts';
import { table } from './table.ts';

/** What `tend` found, a line per kind, then the ids that it names. */
export function tendInWords(report: TendReport, style: Style): string {
  const kinds = Object.keys(TEND_KINDS) as TendKind[];
  const columns = [{ head: 'COUNT', align: 'right' as const }, { head: 'WHAT' }];
  const rows = kinds.map((kind) => [report.found[kind].count.toLocaleString('en'), TEND_KINDS[kind]]);
  const named = kinds
    .filter((kind) => report.found[kind].ids.length > 0)
    .map((kind) => idsInWords(TEND_KINDS[kind], report.found[kind]));
  const verdict = report.dryRun ? 'A dry run: this is what would be mended.' : 'This was mended.';
  const nothing = kinds.every((kind) => report.found[kind].count === 0);
  return [table(columns, rows, style), nothing ? 'Nothing had to be mended.' : verdict, ...named].join(
    '\n\n',
  );
}

function idsInWords(what: string, { count, ids }: { count: number; ids: string[] }): string {
  const more = count > ids.length ? [`  and ${(count - ids.length).toLocaleString('en')} more`] : [];
  return [`${what}:`, ...ids.map((id) => `  ${id}`), ...more].join('\n');
}
