import type { RediagnosisView } from '../../model/rediagnosis.ts';
import { differencesInWords } from './diff.ts';
import { onOneLine, plural, type Style } from './style.ts';

type Outcome = RediagnosisView['outcome'];

const OUTCOMES: Record<Outcome, string> = {
  same: 'the same',
  different: 'different',
  notAnalysis: 'no inputs are kept: it was not made by analysis',
  unreadable: 'its inputs cannot be read: another version of Sitrep wrote them',
  parentCollected: 'its inputs are not whole: its parent has been collected',
  ereportsGone: 'its inputs are not whole: ereports that it read are not there any more',
};

/** What today's engines would make of a version: a line, and the differences below it. */
export function rediagnosisInWords(one: RediagnosisView, style: Style): string {
  const { version, sitrepId, outcome, differences, omitted, failedEngines } = one;
  const said = outcome === 'different' ? style.paint('yellow', OUTCOMES[outcome]) : OUTCOMES[outcome];
  const more = omitted === 0 ? '' : `and ${plural(omitted, 'difference')} more, too many for one answer`;
  const parts = [
    ...failedEngines.map(({ name, error }) => {
      return `the engine ${onOneLine(name)} ${style.paint('red', 'failed')}: ${onOneLine(error)}`;
    }),
    differencesInWords(differences, style),
    more,
  ].filter((text) => text !== '');
  return [
    `${style.paint('bold', `v${version}`)} ${sitrepId}  ${said}`,
    ...parts.map((part) => part.replace(/^(?=.)/gm, '    ')),
  ].join('\n');
}

/** What came of all versions together. */
export function verdictInWords(counts: ReadonlyMap<Outcome, number>): string {
  const of = (outcome: Outcome) => counts.get(outcome) ?? 0;
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const diagnosed = of('same') + of('different');
  const verdict =
    of('different') === 0
      ? `Nothing would be different in ${plural(diagnosed, 'version')}.`
      : `Of ${plural(diagnosed, 'version')}, ${of('different').toLocaleString('en')} would be different.`;
  const unknown = all - diagnosed;
  if (unknown === 0) return verdict;
  const untold = `Of ${plural(unknown, 'version')} the inputs are not kept, so there is no telling.`;
  return diagnosed === 0 ? untold : `${verdict} ${untold}`;
}
