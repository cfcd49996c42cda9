import { spawn } from 'node:child_process';
import { once } from 'node:events';

// The inside of a process that a test starts, arms and kills: see mortal-process.ts for the outside.

/** Tells the test; resolves once it is on its way, so that not even SIGKILL holds it up. */
export function say(word: 'ready' | 'working' | 'struck', more: object = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.({ word, ...more }, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

/** This process ends here, or stops until somebody sends SIGCONT. */
export async function strikeMyself(signal: NodeJS.Signals): Promise<void> {
  if (signal === 'SIGSTOP') await watchOverMe();
  await say('struck');
  process.kill(process.pid, signal);
}

/** A process that stands still doesn't hear that its test was killed. A shell hears it, and ends both. */
async function watchOverMe(): Promise<void> {
  const script = 'while kill -0 "$0" && kill -0 "$1"; do sleep 1; done; kill -KILL "$1"';
  const watch = spawn('sh', ['-c', script, String(process.ppid), String(process.pid)], {
    stdio: 'ignore',
    detached: true,
  });
  await once(watch, 'spawn');
  watch.unref();
}

/** What the test wants: that it begins, and at last that it stops in order. */
export function obey<Order>(begin: (order: Order) => Promise<{ stop(): Promise<void> }>): void {
  let running: Promise<{ stop(): Promise<void> }> | undefined;
  process.on('message', (message: { begin: Order } | 'stop') => {
    if (message !== 'stop') running = begin(message.begin);
    else running?.then((part) => part.stop()).then(() => process.exit(0));
  });
  // Nobody is left to kill it.
  process.on('disconnect', () => process.exit(0));
}

/** By a name that the test has to give. */
export function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not given.`);
  return value;
}
