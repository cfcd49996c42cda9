import { randomUUID } from 'node:crypto';
import type { Ground } from './case.ts';
import { type BenchDatabase, createDatabase } from './database.ts';
import { createNamespace } from './namespace.ts';
import { type ServeProcess, serve } from './serve-process.ts';

/** API and worker, each in a process of its own, as a deployment has them. */
export interface Served {
  database: BenchDatabase;
  api: ServeProcess;
  worker: ServeProcess;
  temporalAddress: string;
  namespace: string;
}

/** Runs `work` with an API and a worker that are fresh, and stops them afterwards. */
export async function withServed<T>(
  { postgresUrl, temporalAddress }: Ground,
  work: (served: Served) => Promise<T>,
): Promise<T> {
  const address = await temporalAddress();
  const namespace = await createNamespace(address);
  const database = await createDatabase(postgresUrl, `served_${randomUUID().replaceAll('-', '')}`);
  const start = (part: 'api' | 'worker') => serve(part, database, address, namespace);
  const starting = [start('api'), start('worker')] as const;
  try {
    const [api, worker] = await Promise.all(starting);
    return await work({ database, api, worker, temporalAddress: address, namespace });
  } finally {
    const started = await Promise.allSettled(starting);
    await Promise.all(started.map((one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)));
    await database.drop();
  }
}
