import { AT_ONCE } from '../src/activities/deliver.ts';
import { deleteReceiver } from '../src/store/receiver.ts';
import type { BenchCase, Ground, Row } from './case.ts';
import { Endpoint } from './endpoint.ts';
import { interleave } from './interleave.ts';
import { comparison } from './row.ts';
import { type BenchService, startService } from './service.ts';
import { forgetAlerts, makeDue, subscribe } from './subscriber.ts';
import { untilNone } from './until-none.ts';

export const hangingReceiverCase: BenchCase = {
  name: 'hanging-receiver',
  title: 'deliveries to one receiver while another one takes what it is sent and never answers',
  async run(ground) {
    const prompt = await Endpoint.start();
    const hanging = await Endpoint.start(true);
    const service = await startService(ground);
    try {
      return [await measure(ground, service, prompt, hanging)];
    } finally {
      await service.stop();
      await prompt.stop();
      await hanging.stop();
    }
  },
};

async function measure(
  { scale }: Ground,
  service: BenchService,
  prompt: Endpoint,
  hanging: Endpoint,
): Promise<Row> {
  const count = Math.max(scale.rows(20_000), 2 * AT_ONCE);
  const { pool } = service;
  const receiver = await subscribe(pool, prompt.url);
  let stuck: string | null = null;
  /** Whoever sends to the one that hangs has nothing more to send, and ends. */
  const letGo = async () => {
    if (stuck) await deleteReceiver(pool, stuck);
    stuck = null;
    hanging.hangUp();
    await forgetAlerts(pool);
    prompt.forget();
  };
  const run = async () => {
    const allArrived = prompt.arrived(count);
    await service.wake(receiver);
    await allArrived;
    await untilNone(pool, `delivery WHERE state = 'pending' AND receiver_id = '${receiver}'`);
  };
  const times = await interleave(scale.rounds(7), {
    alone: {
      async prepare() {
        await letGo();
        await makeDue(pool, count);
      },
      run,
    },
    beside: {
      async prepare() {
        await letGo();
        hanging.forget();
        stuck = await subscribe(pool, hanging.url);
        await makeDue(pool, count);
        const taken = hanging.arrived(AT_ONCE);
        await service.wake(stuck);
        await taken;
      },
      run,
    },
  });
  await letGo();
  const perSecond = (samples: number[]) => samples.map((time) => (count / time) * 1000);
  return comparison(
    {
      what: `${count.toLocaleString('en')} deliveries beside as many that hang`,
      samples: perSecond(times.beside),
    },
    { what: 'with nothing beside them', samples: perSecond(times.alone) },
    { atLeast: 0.9 },
    '/s',
  );
}
