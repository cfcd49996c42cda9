import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { type RunningChild, startChild } from './child.ts';
import type { Mark } from './leftover.ts';
import { freePort, onFreePort } from './port.ts';
import { findTemporal } from './temporal-program.ts';

export interface TemporalServerOptions {
  /** Where the server keeps its state, an absolute path; null: in memory only. */
  dataFile: string | null;
  logFolder: string;
  report: (line: string) => void;
  env?: NodeJS.ProcessEnv;
  ui?: boolean;
  /** Ports to take when they are free; any others when not. */
  preferred?: { port: number; uiPort: number };
  signal?: AbortSignal | undefined;
}

export interface RunningTemporalServer extends RunningChild {
  address: string;
  namespace: 'default';
  uiUrl: string | null;
}

const STOP_SIGNAL = 'SIGTERM';
const READY_WITHIN = 60_000;
const PROBE_TIMEOUT = 2_000;

/** Starts Temporal's development server, with its UI, on the loopback interface. */
export async function startTemporalServer(options: TemporalServerOptions): Promise<RunningTemporalServer> {
  const report = (line: string) => options.report(`Temporal: ${line}`);
  const program = await findTemporal({ env: options.env ?? process.env, report, signal: options.signal });
  const started = await onFreePort(() => serve(program, options));
  const ui = started.uiUrl ? `, its UI is at ${started.uiUrl}` : '';
  report(`listens on ${started.address}${ui}`);
  return started;
}

/** How a server that keeps its state in this file is recognised. */
export function temporalMark(dataFile: string): Mark {
  return { name: 'Temporal', args: `--db-filename ${dataFile}`, stopSignal: STOP_SIGNAL };
}

async function serve(program: string, options: TemporalServerOptions): Promise<RunningTemporalServer> {
  const { dataFile, logFolder, ui = true, preferred, signal } = options;
  const port = await freePort(preferred?.port);
  const uiPort = ui ? await freePort(preferred?.uiPort) : null;
  const address = `127.0.0.1:${port}`;
  const child = await startChild({
    name: 'Temporal',
    command: program,
    args: serverArguments(dataFile, port, uiPort),
    logFile: join(logFolder, 'temporal.log'),
    stopSignal: STOP_SIGNAL,
    probe: () => probe(port),
    readyWithin: READY_WITHIN,
    signal,
  });
  return {
    ...child,
    address,
    namespace: 'default',
    uiUrl: uiPort === null ? null : `http://127.0.0.1:${uiPort}`,
  };
}

function serverArguments(dataFile: string | null, port: number, uiPort: number | null): string[] {
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'warn'];
  args.push(...(uiPort !== null ? ['--ui-port', String(uiPort)] : ['--headless']));
  // Saves one of the two dispatches of an activity.
  args.push('--dynamic-config-value', 'system.enableActivityEagerExecution=true');
  if (dataFile) {
    args.push('--db-filename', dataFile);
    // The defaults sync at every write, several times slower.
    args.push('--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL');
  }
  return args;
}

async function probe(port: number): Promise<void> {
  await knock(port);
  const connection = await Connection.connect({
    address: `127.0.0.1:${port}`,
    connectTimeout: PROBE_TIMEOUT,
  });
  try {
    await connection.withDeadline(Date.now() + PROBE_TIMEOUT, () =>
      connection.workflowService.describeNamespace({ namespace: 'default' }),
    );
  } finally {
    await connection.close();
  }
}

/** A gRPC channel that was refused once waits a second before it tries again; this doesn't. */
async function knock(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(PROBE_TIMEOUT) });
  } finally {
    socket.destroy();
  }
}
