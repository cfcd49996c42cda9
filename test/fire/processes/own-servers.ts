import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { maintenance, type RunningPostgres, startPostgres } from '../../../src/local/postgres.ts';
import { type RunningTemporalServer, startTemporalServer } from '../../../src/local/temporal-server.ts';
import { Line } from './line.ts';

const silently = () => {};
const nothing = async () => {};

/** A Postgres and a Temporal server with data of their own, which a test may crash. They are reached by lines. */
export class OwnServers {
  readonly #folder: string;
  #postgres: RunningPostgres;
  #temporal: RunningTemporalServer;

  private constructor(folder: string, postgres: RunningPostgres, temporal: RunningTemporalServer) {
    this.#folder = folder;
    this.#postgres = postgres;
    this.#temporal = temporal;
  }

  static async start(): Promise<OwnServers> {
    const folder = await mkdtemp(join(await realpath(tmpdir()), 'sitrep-fire-'));
    return new OwnServers(folder, await postgresOf(folder), await temporalOf(folder));
  }

  lineToPostgres(): Promise<Line> {
    return Line.start(() => Number(new URL(this.#postgres.url).port));
  }

  lineToTemporal(): Promise<Line> {
    return Line.start(() => Number(this.#temporal.address.split(':')[1]));
  }

  /** A database as it is reached by a line. */
  databaseUrl(name: string, line: Line): string {
    const url = new URL(maintenance(this.#postgres.url));
    return Object.assign(url, { pathname: `/${name}`, port: String(line.port) }).href;
  }

  /** Stops it in immediate mode: it has to recover from its log. It is away until the work is done. */
  async crashPostgres(meanwhile: () => Promise<void> = nothing): Promise<void> {
    await crash(this.#postgres, 'SIGQUIT');
    try {
      await meanwhile();
    } finally {
      this.#postgres = await postgresOf(this.#folder);
    }
  }

  async crashTemporal(meanwhile: () => Promise<void> = nothing): Promise<void> {
    await crash(this.#temporal, 'SIGKILL');
    try {
      await meanwhile();
    } finally {
      this.#temporal = await temporalOf(this.#folder);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.#postgres.stop(), this.#temporal.stop()]);
    await rm(this.#folder, { recursive: true });
  }
}

async function crash({ pid, failed }: RunningPostgres | RunningTemporalServer, signal: NodeJS.Signals) {
  process.kill(pid, signal);
  await failed.catch(() => {});
}

function postgresOf(dataDir: string): Promise<RunningPostgres> {
  // What has been written outlives a process, fsync or not.
  return startPostgres({ dataDir, report: silently, settings: { fsync: 'off', max_connections: '200' } });
}

function temporalOf(folder: string): Promise<RunningTemporalServer> {
  const dataFile = join(folder, 'temporal.db');
  return startTemporalServer({ dataFile, logFolder: join(folder, 'logs'), report: silently, ui: false });
}
