import { AT_ONCE } from '../src/activities/deliver.ts';
import { alertMessage } from '../src/webhook/message.ts';
import { newSecret, sign, signingKey } from '../src/webhook/signature.ts';
import { Boss } from './boss.ts';
import type { BenchCase, Ground, Row } from './case.ts';
import { withDatabase } from './database.ts';
import { Endpoint } from './endpoint.ts';
import { interleave } from './interleave.ts';
import { Post } from './post.ts';
import { comparison } from './row.ts';
import { type BenchService, startService } from './service.ts';
import { anAlert, forgetAlerts, makeDue, subscribe } from './subscriber.ts';
import { untilNone } from './until-none.ts';

export const deliveriesCase: BenchCase = {
  name: 'deliveries',
  title: `deliveries to a receiver that answers at once, ${AT_ONCE} under way`,
  async run(ground) {
    const endpoint = await Endpoint.start();
    const post = new Post(endpoint.url);
    const service = await startService(ground);
    try {
      return await withDatabase(ground.postgresUrl, 'boss', async (database) => {
        const boss = await Boss.start(database, post, AT_ONCE);
        const rows = await measure(ground, endpoint, service, post, boss);
        await boss.stop();
        return rows;
      });
    } finally {
      await service.stop();
      await post.close();
      await endpoint.stop();
    }
  },
};

async function measure(
  { scale }: Ground,
  endpoint: Endpoint,
  service: BenchService,
  post: Post,
  boss: Boss,
): Promise<Row[]> {
  const count = scale.rows(50_000);
  const { pool } = service;
  const receiver = await subscribe(pool, endpoint.url);
  const times = await interleave(scale.rounds(5), {
    ours: {
      async prepare() {
        await forgetAlerts(pool);
        await makeDue(pool, count);
        endpoint.forget();
      },
      async run() {
        const allArrived = endpoint.arrived(count);
        await service.wake(receiver);
        await allArrived;
        await untilNone(pool, `delivery WHERE state = 'pending'`);
      },
    },
    bare: { run: () => postBarely(post, count) },
    boss: {
      prepare: () => boss.makeJobs(count),
      run: () => boss.work(),
    },
  });
  const perSecond = (samples: number[]) => samples.map((time) => (count / time) * 1000);
  const ours = { what: `${count.toLocaleString('en')} deliveries`, samples: perSecond(times.ours) };
  return [
    comparison(
      ours,
      { what: 'a bare loop of the same HTTP client, as many at once', samples: perSecond(times.bare) },
      { atLeast: 0.5 },
      '/s',
    ),
    comparison(
      ours,
      { what: 'pg-boss, as many at once', samples: perSecond(times.boss) },
      { atLeast: 1 },
      '/s',
    ),
  ];
}

const ALERT = anAlert();
const BODY = alertMessage(ALERT);
const HEADERS = { ...sign(ALERT.id, Math.floor(Date.now() / 1000), BODY, [signingKey(newSecret())]) };

/** One message, signed once, over and over. */
async function postBarely(post: Post, count: number): Promise<void> {
  let left = count;
  const place = async () => {
    while (left-- > 0) await post.send(HEADERS, BODY);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, place));
}
