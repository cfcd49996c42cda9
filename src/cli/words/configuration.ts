import {
  type Configuration,
  type ConfigurationHeading,
  type ConfigurationView,
  readStored,
  type StoredConfigurationView,
  unreadableInWords,
} from '../../model/configuration.ts';
import type { ThresholdRule } from '../../model/threshold-rule.ts';
import { durationInWords } from '../duration.ts';
import { age, facts, moment, onOneLine, plural, printable, type Style } from './style.ts';
import { table } from './table.ts';

/** The configuration in force; first of all that a newer one can't be read, where that is so. */
export function configurationInWords(view: ConfigurationView, style: Style): string {
  const fault = unreadableInWords(view);
  const { version, author, comment, timeCreated, configuration } = view;
  const heading =
    author === null || timeCreated === null
      ? 'Nothing was set yet; the defaults hold.'
      : headingInWords({ version, author, comment: comment ?? '', timeCreated }, style);
  return [
    ...(fault === null ? [] : [style.paint('yellow', printable(fault)), '']),
    heading,
    fieldsInWords(configuration, style),
  ].join('\n');
}

/** A version as it was set. What this code can't read is shown as JSON. */
export function storedInWords(stored: StoredConfigurationView, style: Style): string {
  const reading = readStored(stored.configuration);
  const fields =
    reading.kind === 'configuration'
      ? fieldsInWords(reading.configuration, style)
      : printable(JSON.stringify(stored.configuration, null, 2));
  return `${headingInWords(stored, style)}\n${fields}`;
}

function headingInWords(
  { version, author, comment, timeCreated }: Omit<StoredConfigurationView, 'configuration'>,
  { paint }: Style,
): string {
  const why = comment === '' ? '' : `: ${onOneLine(comment)}`;
  const name = paint('bold', `Configuration version ${version}`);
  return `${name}, set by ${onOneLine(author)}, ${moment(timeCreated)}${why}`;
}

/** Under their own names, since by these they are set. */
function fieldsInWords({ thresholdRules, ...fields }: Configuration, style: Style): string {
  const pairs = Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]);
  const rules = thresholdRules.length === 0 ? 'none' : plural(thresholdRules.length, 'rule');
  const lines = [facts([...pairs, ['thresholdRules', rules]], style)];
  if (thresholdRules.length > 0) lines.push('', rulesInWords(thresholdRules, style));
  return lines.join('\n');
}

function rulesInWords(rules: ThresholdRule[], style: Style): string {
  const columns = [
    { head: 'RULE', cut: true as const },
    { head: 'CLASS', cut: true as const },
    { head: 'OPENS AT' },
    { head: 'CLOSES AFTER', optional: true as const },
    { head: 'SEVERITY' },
    { head: 'ALERT', cut: true as const },
    { head: 'THING', cut: true as const, optional: true as const },
  ];
  const rows = rules.map((rule) => [
    rule.name,
    rule.class,
    `${rule.count} in ${durationInWords(rule.withinSeconds)}`,
    durationInWords(rule.closeAfterSeconds),
    rule.severity,
    rule.alertClass,
    onOneLine(rule.thing.join(' ')),
  ]);
  return table(columns, rows, style);
}

export function configurationHistoryInWords(versions: ConfigurationHeading[], style: Style): string {
  const columns = [
    { head: 'VERSION', align: 'right' as const },
    { head: 'AGE', align: 'right' as const },
    { head: 'AUTHOR', cut: true as const },
    { head: 'CHANGED', cut: true as const },
    { head: 'COMMENT', cut: true as const, optional: true as const },
  ];
  const rows = versions.map(({ version, timeCreated, author, changed, comment }) => [
    String(version),
    age(timeCreated, style.now),
    onOneLine(author),
    onOneLine(changed.join(' ')),
    onOneLine(comment),
  ]);
  return table(columns, rows, style);
}

export function settingInWords(before: ConfigurationView, after: ConfigurationView): string {
  if (after.version !== before.version) return `Configuration version ${after.version} is in force.`;
  const same = after.version === 0 ? 'the defaults' : `version ${after.version}`;
  return `That says the same as ${same}; nothing was set.`;
}
