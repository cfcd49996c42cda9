import { type DoctorReport, type Finding, isWell } from '../../model/doctor.ts';
import { indented, onOneLine, plural, type Style } from './style.ts';

/** So many ids are told; all that the report has are in its JSON. */
const NAMED = 5;

/** What the doctor found, a paragraph for each kind, and what has become of it. */
export function doctorInWords(report: DoctorReport, style: Style): string {
  const { fix, findings, incomplete } = report;
  const found = findings.map((finding) => findingInWords(finding, fix, style));
  return [...found, ...(incomplete === null ? [] : [incomplete]), verdict(report)].join('\n\n');
}

function findingInWords(
  { count, what, remedy, ids, failed }: Finding,
  fix: boolean,
  { paint }: Style,
): string {
  const named = ids.slice(0, NAMED);
  const more = count - named.length;
  return [
    `${paint('bold', count.toLocaleString('en'))}  ${what}`,
    ...named.map((id) => `  ${id}`),
    ...(more > 0 ? [`  and ${more.toLocaleString('en')} more`] : []),
    ...(failed.length === 0
      ? [paint('dim', fix ? `  The doctor ${remedy}: done.` : `  --fix ${remedy}.`)]
      : []),
    ...failed.map((line) => `  ${paint('red', 'Not mended:')} ${indented(onOneLine(line), '  ')}`),
  ].join('\n');
}

function verdict(report: DoctorReport): string {
  const { fix, findings, incomplete } = report;
  if (findings.length === 0) {
    return incomplete === null
      ? 'All is well: Postgres and Temporal agree.'
      : 'Apart from that, Postgres and Temporal agree.';
  }
  const kinds = plural(findings.length, 'kind of fault', 'kinds of faults');
  if (!fix) return `Found ${kinds}. \`sitrep doctor --fix\` mends what it says.`;
  return isWell(report) ? `Found and mended ${kinds}.` : `Found ${kinds}; not all could be mended.`;
}
