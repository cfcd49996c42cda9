import { performance } from 'node:perf_hooks';
import { currentSitrep } from '../src/store/sitrep-read.ts';
import type { BenchCase, Ground, Row } from './case.ts';
import { comparison, figure } from './row.ts';
import { type BenchService, startService } from './service.ts';
import { smallDocument, submit } from './submitter.ts';

const AT_ONCE = 16;
const SECONDS = 8;

export const throughputCase: BenchCase = {
  name: 'throughput',
  title: `lifecycles decided while ${AT_ONCE} submitters race for the parent`,
  async run(ground) {
    const service = await startService(ground);
    try {
      return await measure(ground, service);
    } finally {
      await service.stop();
    }
  },
};

async function measure({ scale }: Ground, service: BenchService): Promise<Row[]> {
  const milliseconds = scale.rows(SECONDS * 1000);
  const won: number[] = [];
  const lost: number[] = [];
  const decided: number[] = [];
  const nothing: number[] = [];
  const rounds = scale.rounds(4);
  await submit(service.url, smallDocument(null));
  for (let round = 0; round <= rounds; round++) {
    let winners = 0;
    const race = await rate(milliseconds, async () => {
      const head = await currentSitrep(service.pool);
      if (await submit(service.url, smallDocument(head?.id ?? null))) winners++;
    });
    const idle = await rate(milliseconds, () => service.doNothing());
    // The first round warms up.
    if (round === 0) continue;
    won.push((winners / race.done) * race.perSecond);
    lost.push((1 - winners / race.done) * race.perSecond);
    decided.push(race.perSecond);
    nothing.push(idle.perSecond);
  }
  return [
    comparison(
      { what: 'decided', samples: decided },
      { what: 'workflows with three activities that do nothing, as many at once', samples: nothing },
      { atLeast: 0.8 },
      '/s',
    ),
    figure({ what: 'of them became current', samples: won }, null, '/s'),
    figure({ what: 'of them were orphaned or refused', samples: lost }, null, '/s'),
  ];
}

/** Does a job over and over, so many at once, for a while. */
async function rate(
  milliseconds: number,
  job: () => Promise<unknown>,
): Promise<{ done: number; perSecond: number }> {
  const start = performance.now();
  let done = 0;
  const worker = async () => {
    do {
      await job();
      done++;
    } while (performance.now() - start < milliseconds);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { done, perSecond: (done / (performance.now() - start)) * 1000 };
}
