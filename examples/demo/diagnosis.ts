import type { ApiClient } from '../../src/cli/api-client.ts';
import type { IngestView } from '../../src/model/ereport-batch.ts';
import type { CaseView, SitrepView } from '../../src/model/views.ts';
import type { Ereport } from './documents.ts';
import { current } from './fleet.ts';
import { until } from './until.ts';

/** Ereports that nobody analyses would be waited for in vain. */
export async function expectAnalysis(client: ApiClient): Promise<void> {
  const { configuration } = await client.configuration();
  if (configuration.analysisEnabled) return;
  throw new Error(
    'ereports are not analysed here, for so it was configured. To set that on: sitrep config set analysisEnabled=true',
  );
}

/** Sends an ereport, as its controller does. */
export async function report(client: ApiClient, ereport: Ereport): Promise<IngestView> {
  const reply = await client.submitEreports(Buffer.from(JSON.stringify(ereport)), 'application/json');
  if (reply.kind !== 'answer') throw client.failureOf(reply);
  return reply.value;
}

/** What was made of an ereport: the sitrep that first took account of it, and the case that it is in there. */
export interface Diagnosed {
  sitrep: SitrepView;
  oneCase: CaseView;
}

/** Waits until the rendezvous of a current sitrep has marked the ereport as seen, after it has made the alerts. */
export async function diagnosed(client: ApiClient, { restartId, ena }: Ereport): Promise<Diagnosed> {
  const seenIn = async () => (await client.ereport(restartId, ena)).markedSeenIn;
  await until('No sitrep took account of the ereport', async () => (await seenIn()) !== null);
  const sitrep = await client.sitrep((await seenIn()) as string);
  const oneCase = sitrep.cases.find(({ ereports }) =>
    ereports.some((one) => one.restartId === restartId && one.ena === ena),
  );
  if (!oneCase) throw new Error(`Sitrep ${sitrep.id} has the ereport in none of its cases.`);
  return { sitrep, oneCase };
}

/** Waits until the current sitrep has the case no more; whether that came to be. */
export function isDropped(client: ApiClient, caseId: string): Promise<boolean> {
  const isGone = async () => !(await current(client))?.cases.some(({ id }) => id === caseId);
  return until('The closed case was still carried', isGone).then(
    () => true,
    () => false,
  );
}
