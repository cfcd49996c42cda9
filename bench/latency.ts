import type { BenchCase, Ground, Row } from './case.ts';
import { interleave, timed } from './interleave.ts';
import { comparison, figure } from './row.ts';
import { type BenchService, startService } from './service.ts';
import { quantile } from './statistics.ts';
import { listenForAlerts, smallDocument, submit } from './submitter.ts';

export const latencyCase: BenchCase = {
  name: 'latency',
  title: 'from a submission until its alerts are there, one at a time',
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
  const alerts = await listenForAlerts(service.pool);
  let next = smallDocument(null);
  const decided: number[] = [];
  const { ours, nothing } = await interleave(scale.rounds(100), {
    ours: {
      async run() {
        const there = alerts.next();
        const document = next;
        decided.push(await timed(() => submit(service.url, document)));
        await there;
        next = smallDocument(document.id);
      },
    },
    nothing: { run: () => service.doNothing() },
  });
  alerts.stop();
  const floor = 'a workflow with three activities that do nothing';
  const tail = (samples: number[]) => quarters(samples).map((quarter) => quantile(quarter, 0.99));
  return [
    comparison({ what: 'median', samples: ours }, { what: floor, samples: nothing }, { atMost: 1.1 }),
    comparison(
      { what: '99th percentile, of each quarter of the run', samples: tail(ours) },
      { what: 'that of the workflow that does nothing', samples: tail(nothing) },
      null,
    ),
    figure({ what: 'until the submission is answered', samples: decided.slice(1) }, null),
  ];
}

function quarters(samples: number[]): number[][] {
  const size = Math.ceil(samples.length / 4);
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, n) =>
    samples.slice(n * size, (n + 1) * size),
  );
}
