import type { BenchCase, Ground, Row } from './case.ts';
import { documentOf } from './document.ts';
import { Endpoint } from './endpoint.ts';
import { interleave } from './interleave.ts';
import { comparison } from './row.ts';
import { type BenchService, startService } from './service.ts';
import { submit } from './submitter.ts';
import { subscribe } from './subscriber.ts';

export const firstAttemptCase: BenchCase = {
  name: 'first-attempt',
  title: 'from the row of an alert until its first attempt reaches the receiver',
  async run(ground) {
    const endpoint = await Endpoint.start();
    const service = await startService(ground);
    try {
      return [await measure(ground, service, endpoint)];
    } finally {
      await service.stop();
      await endpoint.stop();
    }
  },
};

async function measure({ scale }: Ground, service: BenchService, endpoint: Endpoint): Promise<Row> {
  await subscribe(service.pool, endpoint.url);
  const ours: number[] = [];
  let head: string | null = null;
  const { nothing } = await interleave(scale.rounds(80), {
    ours: {
      async run() {
        endpoint.forget();
        const document = documentOf({ cases: 1, requests: 1, ereports: 0 }, head);
        head = document.id;
        const arrival = endpoint.arrived(1);
        await submit(service.url, document);
        const arrivedAt = await arrival;
        ours.push(arrivedAt - (await timeOfAlert(service, head)));
      },
    },
    nothing: { run: () => service.wakeForNothing() },
  });
  return comparison(
    { what: 'one alert to one receiver', samples: ours.slice(1) },
    { what: 'from a signal until the activity runs that does nothing for it', samples: nothing },
    null,
  );
}

/** When its row was written, in milliseconds since 1970. */
async function timeOfAlert({ pool }: BenchService, sitrepId: string): Promise<number> {
  const { rows } = await pool.query<{ ms: number }>(
    'SELECT (extract(epoch FROM time_created) * 1000)::float8 AS ms FROM alert WHERE requested_sitrep_id = $1',
    [sitrepId],
  );
  const row = rows[0];
  if (!row) throw new Error('Its alert is not there.');
  return row.ms;
}
