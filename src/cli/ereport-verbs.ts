import type { IngestView } from '../model/ereport-batch.ts';
import type { EreportQuery } from './api-client.ts';
import { nameOf, readBytes } from './document.ts';
import { submitBatches } from './ereport-submit.ts';
import { printPage } from './page.ts';
import type { Outcome, Session } from './session.ts';
import { ereportInWords, ereportsInWords, ingestInWords } from './words/ereport.ts';

export async function submitEreports(session: Session, file: string): Promise<Outcome> {
  const { client, terminal, settings, world } = session;
  if (file === '-' && 'isTTY' in world.stdin && world.stdin.isTTY) {
    terminal.note('Reading ereports from the keyboard; end them with Ctrl-D.');
  }
  const bytes = await readBytes(file, world.stdin, settings.SITREP_MAX_BODY);
  const result: IngestView = await submitBatches(client, bytes, (line) => terminal.note(line));
  terminal.data(result, (style) => ingestInWords(result, nameOf(file), style));
  return result.refused === 0 ? 'done' : 'failed';
}

export interface ListOptions extends Omit<EreportQuery, 'seen'> {
  seen?: boolean;
  limit: number;
}

export async function listEreports(
  { client, terminal }: Session,
  { limit, seen, ...query }: ListOptions,
): Promise<Outcome> {
  const page = await client.ereports(limit, { ...query, seen: seen?.toString() });
  const isFiltered = seen !== undefined || Object.values(query).some((value) => value !== undefined);
  const empty = isFiltered ? 'No such ereports.' : 'No ereports yet.';
  printPage(terminal, page, limit, empty, ereportsInWords);
  return 'done';
}

export async function showEreport(
  { client, terminal }: Session,
  restartId: string,
  ena: string,
): Promise<Outcome> {
  const ereport = await client.ereport(restartId, ena);
  terminal.data(ereport, (style) => ereportInWords(ereport, style));
  return 'done';
}
