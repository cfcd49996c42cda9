import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import type { SitrepView } from '../src/model/views.ts';
import { readSitrep } from '../src/store/sitrep-read.ts';
import type { BenchCase, Ground, Row, Scale } from './case.ts';
import { commit } from './commit.ts';
import { copyOutCases } from './copied-cases.ts';
import { type BenchDatabase, withDatabase } from './database.ts';
import { documentOf, sizeOfD } from './document.ts';
import { interleave } from './interleave.ts';
import { createNamespace } from './namespace.ts';
import { peak, resetPeak, resident } from './resident.ts';
import { comparison, figure } from './row.ts';
import { type ServeProcess, serve } from './serve-process.ts';
import { smallDocument } from './submitter.ts';

export const loadCase: BenchCase = {
  name: 'load',
  title: 'reading document D whole',
  run: (ground) => withDatabase(ground.postgresUrl, 'reading', (database) => measure(ground, database)),
};

async function measure(ground: Ground, database: BenchDatabase): Promise<Row[]> {
  const { scale } = ground;
  const { pool } = database;
  const { small, large } = await prepare(scale, pool);
  const times = await withApi(ground, database, (api) =>
    interleave(scale.rounds(7), {
      objects: { run: () => readWhole(pool, large) },
      streamed: { run: () => stream(api, large) },
      bare: { run: () => copyOutCases(pool, large) },
    }),
  );
  const taken: number[] = [];
  for (let round = 0; round < scale.rounds(3); round++) {
    taken.push(await withApi(ground, database, (api) => memoryOf(api, small, large)));
  }
  const bare = {
    what: 'COPY (SELECT …) TO STDOUT of each table, parsed and put together',
    samples: times.bare,
  };
  return [
    comparison({ what: 'as objects', samples: times.objects }, bare, { atMost: 1.1 }),
    comparison({ what: 'as the answer of the API', samples: times.streamed }, bare, { atMost: 1.3 }),
    figure({ what: 'memory of the API for that, beyond idle', samples: taken }, { atMost: 20 }, 'MiB'),
  ];
}

/** Keeps no document, but gives the ids: a large one would lengthen each collection of garbage that follows. */
async function prepare(scale: Scale, pool: pg.Pool): Promise<{ small: string; large: string }> {
  const small = smallDocument(null);
  const large = documentOf(sizeOfD(scale), small.id);
  await commit(pool, small);
  await commit(pool, large);
  const whole = await readWhole(pool, large.id);
  if (!isDeepStrictEqual(whole.cases, await copyOutCases(pool, large.id))) {
    throw new Error('The two ways of reading a sitrep differ.');
  }
  return { small: small.id, large: large.id };
}

async function readWhole(pool: pg.Pool, id: string): Promise<SitrepView> {
  const sitrep = await readSitrep(pool, { id });
  if (!sitrep) throw new Error(`There is no sitrep ${id}.`);
  return sitrep;
}

/** Takes the answer as it comes, and keeps nothing of it: by the client that leaves the API most of the two cores. */
async function stream({ url }: ServeProcess, id: string): Promise<void> {
  const [answer] = (await once(get(`${url}/v1/sitreps/${id}`), 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`The answer to a read was ${answer.statusCode}.`);
  await once(answer.resume(), 'end');
}

/** An API that has read nothing but a small sitrep yet: what comes on top of it is what a large one takes. */
async function memoryOf(api: ServeProcess, small: string, large: string): Promise<number> {
  await stream(api, small);
  const idle = await resident(api.pid);
  await resetPeak(api.pid);
  await stream(api, large);
  return (await peak(api.pid)) - idle;
}

async function withApi<T>(
  { temporalAddress }: Ground,
  database: BenchDatabase,
  work: (api: ServeProcess) => Promise<T>,
): Promise<T> {
  const address = await temporalAddress();
  const api = await serve('api', database, address, await createNamespace(address));
  try {
    return await work(api);
  } finally {
    await api.stop();
  }
}
