import { IngestView } from '../model/ereport-batch.ts';
import type { Fault } from '../model/fault.ts';
import { readJson } from '../model/json.ts';
import { linesOf } from '../model/json-text.ts';
import { MAX_EREPORTS, MAX_FAULTS } from '../model/limits.ts';
import { problemType } from '../model/problem.ts';
import type { ApiClient, Reply } from './api-client.ts';
import { Failure } from './failure.ts';
import { type Note, type Patience, sendPatiently } from './patience.ts';

/** What is sent at once. */
interface Sending {
  body: Uint8Array;
  contentType: string;
  /** The lines of the file that its lines are. */
  lines: number[];
}

/**
 * Submits ereports in as many requests as it takes, and adds up what came of them. Each is sent until there is an answer:
 * those that had arrived all the same are known.
 */
export async function submitBatches(
  client: ApiClient,
  bytes: Uint8Array,
  note: Note,
  patience?: Patience,
): Promise<IngestView> {
  const total: IngestView = { new: 0, known: 0, refused: 0, faults: [] };
  for (const { body, contentType, lines } of sendingsOf(bytes)) {
    const send = () => client.submitEreports(body, contentType);
    const { reply } = await sendPatiently(client, send, note, patience);
    const result = resultOf(client, reply, total);
    total.new += result.new;
    total.known += result.known;
    total.refused += result.refused;
    const faults = result.faults.slice(0, MAX_FAULTS - total.faults.length);
    total.faults.push(...faults.map((fault) => inFile(fault, lines)));
  }
  return total;
}

function inFile({ line, ...fault }: Fault, lines: number[]): Fault {
  return line === undefined ? fault : { line: lines[line - 1] ?? line, ...fault };
}

/** That all are refused is a result here, as it is that some are. */
function resultOf(client: ApiClient, reply: Reply<IngestView>, before: IngestView): IngestView {
  if (reply.kind === 'answer') return reply.value;
  if (reply.kind === 'problem' && reply.document.type === problemType('invalid-ereports')) {
    return IngestView.parse(reply.document);
  }
  const failure = client.failureOf(reply);
  const taken = before.new + before.known;
  if (taken === 0) throw failure;
  const hint = `${taken} ereports were taken before that. Submit them all again: these will be known.`;
  throw new Failure(failure.complaint, failure.hint ?? hint);
}

/** One value as JSON; otherwise, if the first line is one by itself, as many lines at once as the API takes. */
function sendingsOf(bytes: Uint8Array): Sending[] {
  const lines = isInLines(bytes) ? linesOf(bytes).toArray() : [];
  if (lines.length === 0) return [{ body: bytes, contentType: 'application/json', lines: [] }];
  const sendings: Sending[] = [];
  for (let start = 0; start < lines.length; start += MAX_EREPORTS) {
    const some = lines.slice(start, start + MAX_EREPORTS);
    sendings.push({
      body: Buffer.concat(some.flatMap(({ text }) => [text, NEWLINE])),
      contentType: 'application/x-ndjson',
      lines: some.map(({ line }) => line),
    });
  }
  return sendings;
}

const NEWLINE = Buffer.from('\n');

function isInLines(bytes: Uint8Array): boolean {
  const first = linesOf(bytes).next();
  return isJson(bytes) || first.done ? false : isJson(first.value.text);
}

function isJson(bytes: Uint8Array): boolean {
  return readJson(bytes).kind !== 'malformed';
}
