import type { Outcome, Session } from './session.ts';
import { reportInWords } from './words/report.ts';

export async function report({ client, terminal }: Session, ref: string): Promise<Outcome> {
  const analysis = await client.report(ref);
  terminal.data(analysis, (style) => reportInWords(analysis, style));
  return 'done';
}
