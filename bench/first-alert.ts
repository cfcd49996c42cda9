import { DEFAULT_CONFIGURATION } from '../src/model/configuration.ts';
import type { BenchCase, Ground, Row } from './case.ts';
import { configure } from './configure.ts';
import { aShelf, psuEreport } from './ereports.ts';
import { interleave } from './interleave.ts';
import { bodyOf, reportEreports } from './report-ereports.ts';
import { comparison, figure } from './row.ts';
import { type BenchService, startService } from './service.ts';
import { listenForAlerts } from './submitter.ts';
import { untilAtRest } from './until-at-rest.ts';

/** An analysis waits so long for more of what woke it, whatever it is. */
const { debounceMs: DEBOUNCE } = DEFAULT_CONFIGURATION;

export const firstAlertCase: BenchCase = {
  name: 'first-alert',
  title: 'from an ereport until its alert is there, one at a time',
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
  await configure(service.pool, { analysisEnabled: true });
  const alerts = await listenForAlerts(service.pool);
  const { ours, nothing } = await interleave(scale.rounds(10), {
    ours: {
      async run() {
        const there = alerts.next();
        await reportEreports(service.url, [bodyOf([psuEreport(aShelf(), 1, Date.now())])]);
        await there;
      },
    },
    nothing: { prepare: () => untilAtRest(service.pool), run: () => service.analyseNothing(DEBOUNCE) },
  });
  alerts.stop();
  const beyond = (samples: number[]) => samples.map((time) => time - DEBOUNCE);
  return [
    comparison(
      { what: `median, beyond the ${DEBOUNCE} ms of the debounce`, samples: beyond(ours) },
      { what: 'workflows of the same shape that do nothing, beyond as much', samples: beyond(nothing) },
      { atMost: 1.5 },
    ),
    figure({ what: 'all of it', samples: ours }, null),
  ];
}
