import type { EreportView, Reporter } from '../../model/ereport.ts';
import type { IngestView } from '../../model/ereport-batch.ts';
import { faultsInWords } from './complaint.ts';
import { age, facts, moment, onOneLine, plural, printable, type Style } from './style.ts';
import { table } from './table.ts';

/** What came of a batch, and what is wrong with what was refused of it. */
export function ingestInWords(result: IngestView, name: string, { paint }: Style): string {
  const { refused, faults } = result;
  const counted = `${plural(result.new, 'ereport')} new, ${result.known.toLocaleString('en')} known already`;
  if (refused === 0) return `${counted}.`;
  const all = faults.length < MOST_TOLD ? '' : ` These are the first ${faults.length} faults:`;
  return [
    `${counted}, ${paint('red', `${refused.toLocaleString('en')} refused`)} of ${onOneLine(name)}.${all}`,
    ...faultsInWords(faults, paint),
  ].join('\n');
}
/** As many as are ever told; there may be more. */
const MOST_TOLD = 100;

export function ereportsInWords(ereports: EreportView[], style: Style): string {
  const columns = [
    { head: 'RESTART' },
    { head: 'ENA', align: 'right' as const },
    { head: 'AGE', align: 'right' as const },
    { head: 'CLASS', cut: true as const },
    { head: 'SEEN', optional: true as const },
    { head: 'REPORTER', cut: true as const, optional: true as const },
    { head: 'SERIAL', cut: true as const, optional: true as const },
  ];
  const rows = ereports.map((ereport) => [
    ereport.restartId,
    ereport.ena,
    age(ereport.timeCollected, style.now),
    onOneLine(ereport.class ?? ''),
    ereport.markedSeenIn === null ? (ereport.setAside?.replace('-', ' ') ?? 'no') : 'yes',
    reporterInWords(ereport.reporter),
    onOneLine(ereport.serialNumber ?? ''),
  ]);
  return table(columns, rows, style);
}

export function ereportInWords(ereport: EreportView, style: Style): string {
  const unknown = 'not known';
  const pairs: [string, string][] = [
    ['restart', ereport.restartId],
    ['ena', ereport.ena],
    ['class', onOneLine(ereport.class ?? unknown)],
    ['reporter', reporterInWords(ereport.reporter)],
    ['rack', rackOf(ereport.reporter) ?? unknown],
    ['serial number', onOneLine(ereport.serialNumber ?? unknown)],
    ['part number', onOneLine(ereport.partNumber ?? unknown)],
    ['collected', moment(ereport.timeCollected)],
    ['seen', seenInWords(ereport)],
    ['body', printable(JSON.stringify(ereport.body, null, 2))],
  ];
  return `${style.paint('bold', 'Ereport')}\n${facts(pairs, style)}`;
}

function seenInWords({ markedSeenIn, setAside }: EreportView): string {
  if (markedSeenIn !== null) return `first by sitrep ${markedSeenIn}`;
  switch (setAside) {
    case 'not-understood':
      return 'no, since no engine understood it';
    case 'ignored':
      return 'no, since it needs no case';
    case 'undecided':
      return 'not yet, since an engine failed; it will be read again';
    case null:
      return 'not yet';
  }
}

export function reporterInWords(reporter: Reporter): string {
  switch (reporter.type) {
    case 'sp':
      return `${reporter.spType.replace('_', ' ')} ${reporter.slot}`;
    case 'host':
      return `host OS of sled ${reporter.slot ?? reporter.sled}`;
    case 'source':
      return onOneLine(reporter.source);
  }
}

function rackOf(reporter: Reporter): string | null {
  return reporter.type === 'source' ? null : (reporter.rackId ?? null);
}
