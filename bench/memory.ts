import type { SitrepDocument } from '../src/model/sitrep.ts';
import type { BenchCase } from './case.ts';
import { documentOf, sizeOfD } from './document.ts';
import { peak, resetPeak, resident } from './resident.ts';
import { comparison } from './row.ts';
import { type Served, withServed } from './served.ts';
import { smallDocument, submit } from './submitter.ts';
import { untilReconciled } from './until-reconciled.ts';

const MIB = 1024 * 1024;

export const memoryCase: BenchCase = {
  name: 'memory',
  title: 'memory while document D goes through, beyond what is taken idle',
  async run(ground) {
    const document = documentOf(sizeOfD(ground.scale), null);
    const size = Buffer.byteLength(JSON.stringify(document)) / MIB;
    const api: number[] = [];
    const worker: number[] = [];
    for (let round = 0; round < ground.scale.rounds(3); round++) {
      const taken = await withServed(ground, (served) => measure(served, document));
      api.push(taken.api);
      worker.push(taken.worker);
    }
    const against = { what: 'the document as JSON', samples: api.map(() => size) };
    return [
      comparison({ what: 'the API', samples: api }, against, { atMost: 7 }, 'MiB'),
      comparison({ what: 'the worker', samples: worker }, against, { atMost: 7 }, 'MiB'),
    ];
  },
};

/** The first sitrep warms up: what comes after it is what D takes. */
async function measure(
  { database, api, worker }: Served,
  document: SitrepDocument,
): Promise<{ api: number; worker: number }> {
  const first = smallDocument(null);
  await submit(api.url, first);
  await untilReconciled(database.pool, first.id);
  const idle = { api: await resident(api.pid), worker: await resident(worker.pid) };
  for (const { pid } of [api, worker]) await resetPeak(pid);
  const child = { ...document, parentId: first.id };
  await submit(api.url, child);
  await untilReconciled(database.pool, child.id);
  return { api: (await peak(api.pid)) - idle.api, worker: (await peak(worker.pid)) - idle.worker };
}
