import type { SentEreport } from '../../support/ereports.ts';
import type { PatientClient } from '../processes/patient-client.ts';
import type { Random } from '../random.ts';
import type { Reported } from './reported.ts';

/** Clients that each send some of the ereports at the same time, in no order; what one of them sends, others send as well. */
export async function reportAll(
  client: PatientClient,
  ereports: Reported['ereports'],
  random: Random,
  clients: number,
): Promise<void> {
  const bags: SentEreport[][] = Array.from({ length: clients }, () => []);
  for (const { sent } of ereports) {
    for (let copies = random.pick([1, 1, 2, 3]); copies > 0; copies--) random.pick(bags).push(sent);
  }
  const batches = bags.map((bag) => inBatches(random.shuffled(bag), random));
  await Promise.all(
    batches.map(async (own) => {
      for (const batch of own) await client.askUntil('POST', '/v1/ereports', batch, [200]);
    }),
  );
}

function inBatches(ereports: SentEreport[], random: Random): SentEreport[][] {
  const batches: SentEreport[][] = [];
  for (let start = 0; start < ereports.length; ) {
    const size = 1 + random.below(8);
    batches.push(ereports.slice(start, start + size));
    start += size;
  }
  return batches;
}
