import type { IngestView } from '../src/model/ereport-batch.ts';

/** Posts batches of ereports, so many at once. Each has to be taken whole: what is known or refused is no measurement. */
export async function reportEreports(url: string, batches: readonly string[], atOnce = 1): Promise<void> {
  const left = batches.values();
  const reporter = async () => {
    for (const batch of left) await post(url, batch);
  };
  await Promise.all(Array.from({ length: atOnce }, reporter));
}

async function post(url: string, body: string): Promise<void> {
  const answer = await fetch(`${url}/v1/ereports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`The answer to a batch was ${answer.status}: ${text}`);
  const { known, refused } = JSON.parse(text) as IngestView;
  if (known > 0 || refused > 0) throw new Error(`Not all of a batch was new: ${text}`);
}
