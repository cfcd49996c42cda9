import { inject } from 'vitest';
import type { RunningWorker } from '../../../src/worker/worker.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startTestWorker } from '../../support/lifecycles.ts';
import { connectTemporal, type TestTemporal } from '../../support/temporal.ts';
import { type MortalProcess, workerProcess } from './mortal-process.ts';

/** Few enough versions and no grace, so that every sitrep comes to its end while the test looks. */
const SETTINGS = { SITREP_KEEP_VERSIONS: '2', SITREP_ORPHAN_GRACE_SECONDS: '0' };

/** How long an attempt of a delivery may take; one of a killed worker counts as lost after twice that. */
const SEND_MS = '1000';

/** A database and a namespace of the suite's servers in which workers die. */
export class World {
  readonly db: TestDatabase;
  readonly temporal: TestTemporal;
  readonly #bundle: string;
  readonly #settings: Record<string, string>;
  readonly #processes: MortalProcess<unknown>[] = [];
  #survivor: RunningWorker | undefined;

  private constructor(
    db: TestDatabase,
    temporal: TestTemporal,
    bundle: string,
    settings: Record<string, string>,
  ) {
    this.db = db;
    this.temporal = temporal;
    this.#bundle = bundle;
    this.#settings = settings;
  }

  static async open(bundle: string, settings: Record<string, string> = {}): Promise<World> {
    return new World(await createDatabase(), await connectTemporal(), bundle, { ...SETTINGS, ...settings });
  }

  get env(): Record<string, string> {
    return {
      DATABASE_URL: this.db.url,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      TEMPORAL_NAMESPACE: this.temporal.namespace,
      SITREP_FIRE_BUNDLE: this.#bundle,
      SITREP_FIRE_SEND_MS: SEND_MS,
      ...this.#settings,
    };
  }

  /** A worker that has not begun yet: it takes a second to load. */
  workerProcess(): ReturnType<typeof workerProcess> {
    return this.keep(workerProcess(this.env));
  }

  /** Ends with this world, whatever the test does. */
  keep<Order>(process: MortalProcess<Order>): MortalProcess<Order> {
    this.#processes.push(process);
    return process;
  }

  /** A worker inside the test, which nothing kills. */
  async startSurvivor(): Promise<void> {
    this.#survivor = await startTestWorker(this.db.pool, this.temporal, this.#settings, this.#bundle);
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()));
    await this.#survivor?.stop();
    await this.temporal.close();
    await this.db.drop();
  }
}
