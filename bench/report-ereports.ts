import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { IngestView } from '../src/model/ereport-batch.ts';
import type { SentEreport } from './ereports.ts';

/** Posts batches of ereports, so many at once. Each has to be taken whole: what is known or refused is no measurement. */
export async function reportEreports(url: string, batches: readonly Buffer[], atOnce = 1): Promise<void> {
  const left = batches.values();
  const reporter = async () => {
    for (const batch of left) await post(url, batch);
  };
  await Promise.all(Array.from({ length: atOnce }, reporter));
}

/** By the client that leaves the API most of the machine. */
async function post(url: string, body: Buffer): Promise<void> {
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  const sent = request(`${url}/v1/ereports`, { method: 'POST', headers }).end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const said = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`The answer to a batch was ${answer.statusCode}: ${said}`);
  const { known, refused } = JSON.parse(said) as IngestView;
  if (known > 0 || refused > 0) throw new Error(`Not all of a batch was new: ${said}`);
}

/** Ereports as the body of a request. */
export function bodyOf(ereports: SentEreport[]): Buffer {
  return Buffer.from(JSON.stringify(ereports));
}
