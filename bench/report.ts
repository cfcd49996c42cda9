import type { Row } from './case.ts';
import type { Result } from './result.ts';
import type { Summary } from './statistics.ts';

type JudgedRow = Result['rows'][number];

/** The lines of one case, for people. */
export function inWords({ name, title, seconds, rows }: Result): string {
  return ['', `${name}: ${title} (${seconds} s)`, ...rows.flatMap(lines)].join('\n');
}

/** What comes at the end: how many targets are met, and which are not. */
export function summary(results: Result[]): string {
  const judged = results.flatMap(({ name, rows }) => rows.map((row) => ({ name, ...row })));
  const met = judged.filter((row) => row.met === true);
  const missed = judged.filter((row) => row.met === false);
  return [
    '',
    `${met.length} of ${met.length + missed.length} targets met.`,
    ...missed.map((row) => `  not met: ${row.name}, ${row.what}: ${of(row)}, target ${bound(row)}`),
  ].join('\n');
}

function lines(row: JudgedRow): string[] {
  const { what, unit, measured, against, ratio, met } = row;
  return [
    `  ${what}`,
    `    measured ${spread(measured, unit)}`,
    ...(against ? [`    against  ${spread(against.measured, unit)}   ${against.what}`] : []),
    ...(ratio ? [`    ratio    ${spread(ratio, '×')}`] : []),
    ...(met === null ? [] : [`    target   ${bound(row)}: ${met ? 'met' : 'NOT MET'}`]),
  ];
}

function bound({ target, ratio, unit }: Row): string {
  if (!target) return 'none';
  const number = 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
  return `${number} ${ratio ? '×' : unit}`;
}

/** The number that the target is for. */
function of({ measured, ratio, unit }: Row): string {
  return ratio ? `${digits(ratio.median)} ×` : `${digits(measured.median)} ${unit}`;
}

function spread({ median, lower, upper, count }: Summary, unit: string): string {
  return `${digits(median)} ${unit} (${digits(lower)} to ${digits(upper)}, ${count} times)`;
}

/** Three digits that mean something. */
function digits(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
