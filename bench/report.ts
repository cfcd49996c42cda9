import type { Row } from './case.ts';
import { isMet } from './row.ts';
import type { Summary } from './statistics.ts';

/** The lines of one case, for people. */
export function inWords(title: string, rows: Row[]): string {
  return ['', title, ...rows.flatMap(lines)].join('\n');
}

function lines(row: Row): string[] {
  const { what, unit, measured, against, ratio } = row;
  return [
    `  ${what}`,
    `    measured ${spread(measured, unit)}`,
    ...(against ? [`    against  ${spread(against.measured, unit)}   ${against.what}`] : []),
    ...(ratio ? [`    ratio    ${spread(ratio, '×')}`] : []),
    ...verdict(row),
  ];
}

function verdict(row: Row): string[] {
  const { target } = row;
  if (!target) return [];
  const unit = row.ratio ? '×' : row.unit;
  const bound = 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
  return [`    target   ${bound} ${unit}: ${isMet(row) ? 'met' : 'NOT MET'}`];
}

function spread({ median, lower, upper, count }: Summary, unit: string): string {
  return `${digits(median)} ${unit} (${digits(lower)} to ${digits(upper)}, ${count} times)`;
}

/** Three digits that mean something. */
function digits(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
