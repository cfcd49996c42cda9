import type pg from 'pg';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import packageJson from '../../package.json' with { type: 'json' };

/** What every process of Sitrep measures of itself; parts that it runs add to its registry what they do. */
export class ProcessMetrics {
  readonly registry = new Registry();
  readonly #pools = new Map<string, pg.Pool>();

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    new Gauge({
      name: 'sitrep_build_info',
      help: 'Always 1; the version of Sitrep that runs, and of Node.js.',
      labelNames: ['version', 'node_version'],
      registers,
    }).set({ version: packageJson.version, node_version: process.versions.node }, 1);
    this.#showPools(registers);
  }

  /** Shows how a pool of database connections is used. */
  watchPool(name: 'api' | 'worker', pool: pg.Pool): void {
    this.#pools.set(name, pool);
  }

  #showPools(registers: Registry[]): void {
    const pools = this.#pools;
    new Gauge({
      name: 'sitrep_pool_connections',
      help: 'Connections to Postgres that a pool has open.',
      labelNames: ['pool', 'state'],
      registers,
      collect() {
        for (const [pool, { totalCount, idleCount }] of pools) {
          this.set({ pool, state: 'busy' }, totalCount - idleCount);
          this.set({ pool, state: 'idle' }, idleCount);
        }
      },
    });
    new Gauge({
      name: 'sitrep_pool_connections_max',
      help: 'Connections to Postgres that a pool may have open.',
      labelNames: ['pool'],
      registers,
      collect() {
        for (const [pool, { options }] of pools) this.set({ pool }, options.max);
      },
    });
    new Gauge({
      name: 'sitrep_pool_waiting',
      help: 'Who waits for a connection, since all of the pool are busy.',
      labelNames: ['pool'],
      registers,
      collect() {
        for (const [pool, { waitingCount }] of pools) this.set({ pool }, waitingCount);
      },
    });
  }
}
