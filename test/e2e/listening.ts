import type { ChildProcess } from 'node:child_process';
import type { Arrival } from '../../src/cli/inbox.ts';
import { startCommand, until } from './local-stack.ts';

/** `sitrep listen` as a process of its own, once it listens. */
export interface Listening {
  process: ChildProcess;
  name: string;
  endpoint: string;
  arrivals(): Arrival[];
  /** Ends with its exit code, and all that it said on stderr. */
  ended: Promise<{ code: number; err: string }>;
}

/** At an API, or at a local stack with its token. */
export async function startListening(
  { url, dataDir = '' }: { url: string; dataDir?: string },
  ...args: string[]
): Promise<Listening> {
  const { child, captured, ended } = startCommand(['listen', '-o', 'json', ...args], { url, dataDir });
  child.stdin.end();
  const announced = () => /^Listening at (\S+) as (\S+),/m.exec(captured.err);
  await until('it listens', () => announced() !== null || child.exitCode !== null, 60_000);
  const [, endpoint, name] = announced() ?? [];
  if (endpoint === undefined || name === undefined)
    throw new Error(`It did not come to listen:\n${captured.err}`);
  return {
    process: child,
    name,
    endpoint,
    arrivals: () =>
      captured.out
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    ended: ended.then(({ code, err }) => ({ code, err })),
  };
}
