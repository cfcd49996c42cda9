import type pg from 'pg';
import { afterAll, beforeAll, expect } from 'vitest';
import { until } from '../e2e/local-stack.ts';
import { configure } from '../support/configuration.ts';
import { Hook } from '../support/hook.ts';
import { makeReceiver } from '../support/receivers.ts';
import { HandWriters } from './analysis/hand-writers.ts';
import { expectRightDiagnosis, isQuiet, watch } from './analysis/judgement.ts';
import { aDisk, aPlace, DISKS, type Reported } from './analysis/reported.ts';
import { reportAll } from './analysis/reporters.ts';
import { OwnServers } from './processes/own-servers.ts';
import { PatientClient } from './processes/patient-client.ts';
import type { ServedPart } from './processes/served-part.ts';
import { Stage } from './processes/stage.ts';
import { Random } from './random.ts';
import { IS_LONG, underFire } from './under-fire.ts';

const APIS = 2;
const WORKERS = 4;
const CLIENTS = 4;
const WRITERS = 2;
/** How often each process is replaced. */
const TIMES = IS_LONG ? 3 : 1;
/** What has just chosen an API still reaches it. */
const DRAIN_SECONDS = '1';
const PATIENCE = 200_000;

let servers: OwnServers;
beforeAll(async () => {
  servers = await OwnServers.start();
}, 180_000);
afterAll(() => servers.stop());

underFire(
  '[I12] [I28] [I35] [I43] [I44] two APIs and four workers are replaced one after the other, and nobody notices',
  600_000,
  async (seed, tally) => {
    const random = new Random(seed);
    const hook = await Hook.start();
    const stage = await Stage.open(servers, {}, tally);
    const { pool } = stage;
    await watch(pool);
    await configure(pool, { debounceMs: 0, analysisIntervalSeconds: 2, thresholdRules: [DISKS] });
    await makeReceiver(pool, { endpoint: hook.url, subscriptions: ['**', 'test.**'] });
    const over = new AbortController();
    const balancer = new Balancer();
    const client = new PatientClient(() => balancer.next(), tally);
    try {
      const parts = await startAll(stage);
      for (const api of parts.filter(({ part }) => part === 'api')) balancer.add(api);
      const people = new HandWriters(client, tally);
      const busy = Promise.all([
        people.write(WRITERS, over.signal),
        people.deleteAlerts(random, over.signal),
      ]);
      const reported: Reported[] = [];
      const replaceAll = async () => {
        for (const one of Array.from({ length: TIMES }).flatMap(() => random.shuffled(parts))) {
          await Promise.all([report(client, random, reported), replace(one, balancer)]);
          tally.count('handovers');
        }
        over.abort();
        await busy;
      };
      await Promise.race([replaceAll(), busy.then(() => new Promise<never>(() => {}))]);
      await until('all has been read, met, seen and told', () => isAtRest(pool), PATIENCE);
      await expectRightDiagnosis(pool, reported, people.asked);
      await expectToldOnce(pool, hook);
      expect(client.failed, 'requests that somebody had to send again').toBe(0);
    } finally {
      client.giveUp();
      await stage.close();
      await hook.stop();
    }
  },
);

function startAll(stage: Stage): Promise<ServedPart[]> {
  const env = { SITREP_ORPHAN_GRACE_SECONDS: '0', SITREP_DRAIN_SECONDS: DRAIN_SECONDS };
  return Promise.all([
    ...Array.from({ length: APIS }, () => stage.serve('api', env)),
    ...Array.from({ length: WORKERS }, () => stage.serve('worker', env)),
  ]);
}

/** Sends requests to the APIs in turn, but to none that is being replaced. */
class Balancer {
  readonly #apis: ServedPart[] = [];
  #turn = 0;

  add(api: ServedPart): void {
    this.#apis.push(api);
  }

  remove(api: ServedPart): void {
    this.#apis.splice(this.#apis.indexOf(api), 1);
  }

  next(): string | undefined {
    this.#turn += 1;
    return this.#apis[this.#turn % this.#apis.length]?.url;
  }
}

async function replace(one: ServedPart, balancer: Balancer): Promise<void> {
  const isApi = one.part === 'api';
  if (isApi) balancer.remove(one);
  await one.stop();
  await one.startAnew();
  if (isApi) balancer.add(one);
}

async function report(client: PatientClient, random: Random, reported: Reported[]): Promise<void> {
  const things = [aPlace(random), aPlace(random), aDisk(random)];
  reported.push(...things);
  for (const kind of ['ereports', 'last'] as const) {
    const ereports = things.flatMap((thing) => thing[kind]);
    await reportAll(client, ereports, random, CLIENTS);
  }
}

async function isAtRest(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ told: boolean }>(
    `SELECT NOT EXISTS (SELECT FROM alert WHERE time_dispatched IS NULL)
        AND NOT EXISTS (SELECT FROM delivery WHERE state = 'pending') AS told`,
  );
  return rows[0]?.told === true && (await isQuiet(pool));
}

/** A receiver that answers at once is answered for at once, too: who is stopped in order leaves no attempt in the dark. */
async function expectToldOnce(pool: pg.Pool, hook: Hook): Promise<void> {
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM alert');
  const told = new Set(hook.ids);
  expect(hook.ids.length, 'messages, each once').toBe(told.size);
  expect(rows.filter(({ id }) => !told.has(id))).toEqual([]);
}
