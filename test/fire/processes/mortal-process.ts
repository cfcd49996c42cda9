import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ApiOrder } from './api-process.ts';
import type { KillPoint } from './kill-point.ts';

/** How a process ended: by which signal, or with which exit code. */
export type End = NodeJS.Signals | number;

/** A part of Sitrep as a process of its own, which dies at the test's command, or where the test told it to. */
export class MortalProcess<Order> {
  readonly ended: Promise<End>;
  readonly #child: ChildProcess;
  readonly #heard = new Map<string, Record<string, string>>();

  constructor(script: string, env: NodeJS.ProcessEnv) {
    this.#child = fork(fileURLToPath(new URL(script, import.meta.url)), {
      env: { ...process.env, ...env },
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message: { word: string }) => {
      const { word, ...more } = message;
      this.#heard.set(word, more);
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(signal ?? code ?? -1));
    });
  }

  /** Resolves with what came along once it has said this; rejects when it ended before. */
  async says(word: 'ready' | 'working' | 'struck'): Promise<Record<string, string>> {
    for (;;) {
      const heard = this.#heard.get(word);
      if (heard) return heard;
      await Promise.race([
        new Promise((resolve) => this.#child.once('message', resolve)),
        this.ended.then((end) => {
          if (!this.#heard.has(word)) throw new Error(`It ended with ${end} before it was ${word}.`);
        }),
      ]);
    }
  }

  /** Once: it gets to work, and works when this resolves. */
  async begin(order: Order): Promise<Record<string, string>> {
    await this.says('ready');
    this.#order({ begin: order });
    return this.says('working');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Lets it finish what it does. */
  async stop(): Promise<End> {
    this.#child.kill('SIGCONT');
    this.#order('stop');
    return this.ended;
  }

  #order(message: { begin: Order } | 'stop'): void {
    // Killed just now, it can't be told anything; whoever waits for it sees its end.
    this.#child.send(message, () => {});
  }
}

export function workerProcess(env: NodeJS.ProcessEnv): MortalProcess<KillPoint | null> {
  return new MortalProcess('worker-process.ts', env);
}

export function apiProcess(env: NodeJS.ProcessEnv): MortalProcess<ApiOrder> {
  return new MortalProcess('api-process.ts', { SITREP_LISTEN: '127.0.0.1:0', ...env });
}
