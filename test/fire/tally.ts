import { appendFile } from 'node:fs/promises';

/** What an attack did, by kind: without these, "no violation" may only mean that nothing was tried. */
export const KINDS = {
  rounds: 'rounds',
  storeOperations: 'store operations',
  lifecycles: 'lifecycles',
  kills: 'kills of a worker or the API',
  handovers: 'workers and APIs stopped in order and replaced',
  restarts: 'restarts of Postgres or Temporal',
  cuts: 'connections cut or stalled',
  races: 'races provoked',
  requests: 'HTTP requests',
  deliveries: 'deliveries',
  duplicates: 'duplicates of deliveries, each where a crash lay between send and record',
  violations: 'violations',
} as const;
export type Kind = keyof typeof KINDS;
export type Counts = Partial<Record<Kind, number>>;

export class Tally {
  readonly counts: Counts = {};

  count(kind: Kind, by = 1): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + by;
  }

  /** Adds a line to the file that `npm run test:fire` reads in the end. */
  async save(name: string): Promise<void> {
    const file = process.env.SITREP_FIRE_TALLY;
    if (file) await appendFile(file, `${JSON.stringify({ name, counts: this.counts })}\n`);
  }
}
