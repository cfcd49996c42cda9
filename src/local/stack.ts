import { type DataFolder, takeDataFolder } from './data-folder.ts';
import { externalTemporal, type TemporalAccess } from './external-temporal.ts';
import { startPostgres } from './postgres.ts';
import { startTemporalServer } from './temporal-server.ts';

export interface StackOptions {
  dataDir: string;
  env: NodeJS.ProcessEnv;
  /** Takes lines that tell a person what is going on. */
  report: (line: string) => void;
  /** Gives up the start. */
  signal?: AbortSignal;
}

export interface Stack {
  databaseUrl: string;
  temporal: TemporalAccess;
  temporalUiUrl: string | null;
  /** Rejects when a server ends without having been stopped. */
  failed: Promise<never>;
  stop(): Promise<void>;
}

interface Server {
  failed: Promise<never>;
  stop(): Promise<void>;
}
type Database = Server & { url: string };
type Temporal = Server & { access: TemporalAccess; uiUrl: string | null };
type Start = Omit<StackOptions, 'dataDir' | 'signal'> & { folder: DataFolder; signal: AbortSignal };

/** A server that others run: nothing here to watch or to stop. */
const ELSEWHERE: Server = { failed: new Promise<never>(() => {}), stop: async () => {} };

/** Where people expect them, and where the `temporal` command looks. */
const TEMPORAL_PORTS = { port: 7233, uiPort: 8233 };

/** Postgres and Temporal: those that the environment names, and servers on this machine in place of the others. */
export async function startStack({ dataDir, signal, ...options }: StackOptions): Promise<Stack> {
  const folder = await takeDataFolder(dataDir, options.report);
  try {
    const [database, temporal] = await bothOrNone(
      (giveUp) => provideDatabase({ ...options, folder, signal: giveUp }),
      (giveUp) => provideTemporal({ ...options, folder, signal: giveUp }),
      signal,
    );
    return compose(database, temporal, folder);
  } catch (error) {
    folder.release();
    throw error;
  }
}

function compose(database: Database, temporal: Temporal, folder: DataFolder): Stack {
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    await Promise.all([temporal.stop(), database.stop()]);
    folder.release();
  };
  const failed = Promise.race([database.failed, temporal.failed]);
  failed.catch(() => {});
  return {
    databaseUrl: database.url,
    temporal: temporal.access,
    temporalUiUrl: temporal.uiUrl,
    failed,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

async function provideDatabase({ folder, env, report, signal }: Start): Promise<Database> {
  const url = env.DATABASE_URL;
  if (!url) return startPostgres({ dataDir: folder.path, report, signal });
  if (!URL.canParse(url)) {
    throw new Error('DATABASE_URL is not a URL such as postgres://user:password@host:5432/database.');
  }
  const { host, pathname } = new URL(url);
  report(`Postgres: ${host}${pathname}, as DATABASE_URL says`);
  return { ...ELSEWHERE, url };
}

async function provideTemporal({ folder, env, report, signal }: Start): Promise<Temporal> {
  const access = externalTemporal(env);
  if (access) {
    report(`Temporal: ${access.address}, namespace ${access.namespace}, as your Temporal configuration says`);
    return { ...ELSEWHERE, access, uiUrl: null };
  }
  const server = await startTemporalServer({
    dataFile: folder.temporalFile,
    logFolder: folder.logs,
    preferred: TEMPORAL_PORTS,
    report,
    env,
    signal,
  });
  const { address, namespace } = server;
  return { ...server, access: { connectionOptions: { address }, namespace, address } };
}

/** Starts two servers at once; when one can't be started, the other is given up or stopped as well. */
async function bothOrNone<A extends Server, B extends Server>(
  startA: (giveUp: AbortSignal) => Promise<A>,
  startB: (giveUp: AbortSignal) => Promise<B>,
  signal: AbortSignal | undefined,
): Promise<[A, B]> {
  const other = new AbortController();
  const giveUp = AbortSignal.any([other.signal, ...(signal ? [signal] : [])]);
  const starts = [startA(giveUp), startB(giveUp)] as const;
  try {
    const both = await Promise.all(starts);
    giveUp.throwIfAborted();
    return both;
  } catch (error) {
    other.abort(error);
    for (const start of await Promise.allSettled(starts)) {
      if (start.status === 'fulfilled') await start.value.stop();
    }
    throw error;
  }
}
