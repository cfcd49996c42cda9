import type { RediagnosisView } from '../model/rediagnosis.ts';
import type { Outcome, Session } from './session.ts';
import { rediagnosisInWords, verdictInWords } from './words/rediagnosis.ts';
import { reportInWords } from './words/report.ts';

export async function report({ client, terminal }: Session, ref: string): Promise<Outcome> {
  const analysis = await client.report(ref);
  terminal.data(analysis, (style) => reportInWords(analysis, style));
  return 'done';
}

/** Prints version after version as they come, of which there may be thousands; the verdict on all of them is said beside. */
export async function rediagnose(session: Session, from: number): Promise<Outcome> {
  const { terminal } = session;
  const counts = new Map<RediagnosisView['outcome'], number>();
  for await (const one of versionsFrom(session, from)) {
    if (counts.size === 0 && one.version > from) {
      terminal.note(`Versions before v${one.version} have been pruned.`);
    }
    counts.set(one.outcome, (counts.get(one.outcome) ?? 0) + 1);
    terminal.line(one, (style) => rediagnosisInWords(one, style));
  }
  terminal.note(verdictInWords(counts));
  return 'done';
}

/** Up to the version that was current at the beginning: a busy history would be followed for ever. */
async function* versionsFrom({ client }: Session, from: number): AsyncGenerator<RediagnosisView> {
  let last: number | null = null;
  let next: number | null = from;
  while (next !== null && (last === null || next <= last)) {
    const page = await client.rediagnosis(next);
    last ??= page.currentVersion;
    for (const one of page.items) if (one.version <= last) yield one;
    next = page.nextVersion;
  }
}
