import type { Captured } from '../../cli/captured.ts';
import { startCommand, until } from '../../e2e/local-stack.ts';

/** However slow the machine is: a worker bundles its workflows first. */
const PATIENCE = 120_000;

/** What each says once it works. */
const WORKS = { api: 'the API listens', worker: 'the worker works' } as const;

/**
 * `sitrep serve api` or `sitrep serve worker`, as whoever operates it has it: the command itself, a process of its own,
 * which is asked to stop by SIGTERM.
 */
export class ServedPart {
  readonly part: keyof typeof WORKS;
  readonly #env: Record<string, string>;
  #process: ReturnType<typeof startCommand>;
  #url: string | undefined;

  private constructor(part: keyof typeof WORKS, env: Record<string, string>) {
    this.part = part;
    this.#env = env;
    this.#process = this.#spawn();
  }

  /** Resolves once it works. */
  static async start(part: keyof typeof WORKS, env: Record<string, string>): Promise<ServedPart> {
    const started = new ServedPart(part, env);
    await started.#untilItWorks();
    return started;
  }

  get pid(): number | undefined {
    return this.#process.child.pid;
  }

  /** Where it answers: an API all that there is, a worker probes, if it is told where. */
  get url(): string | undefined {
    return this.#url;
  }

  get isRunning(): boolean {
    const { exitCode, signalCode } = this.#process.child;
    return exitCode === null && signalCode === null;
  }

  get ended(): Promise<Captured> {
    return this.#process.ended;
  }

  askToStop(): void {
    this.#process.child.kill('SIGTERM');
  }

  /** Asks it to stop; resolves once it has ended, in order. */
  async stop(): Promise<void> {
    this.askToStop();
    const { code, out, err } = await this.#process.ended;
    if (code !== 0 || /did not stop cleanly/.test(out)) {
      throw new Error(`serve ${this.part} was stopped, and ended with ${code}:\n${out}${err}`);
    }
  }

  /** Another one in its place. */
  async startAnew(): Promise<void> {
    this.#process = this.#spawn();
    await this.#untilItWorks();
  }

  async kill(): Promise<void> {
    this.#process.child.kill('SIGKILL');
    await this.#process.ended;
  }

  #spawn() {
    const process = startCommand(['serve', this.part], { env: this.#env });
    const endTogether = () => void process.child.kill('SIGKILL');
    globalThis.process.once('exit', endTogether);
    void process.ended.then(() => globalThis.process.off('exit', endTogether));
    return process;
  }

  async #untilItWorks(): Promise<void> {
    const works = () => {
      const { captured } = this.#process;
      if (!this.isRunning) throw new Error(`serve ${this.part} ended:\n${captured.out}${captured.err}`);
      return this.#log.some(({ msg }) => msg === WORKS[this.part]);
    };
    await until(`serve ${this.part} works`, works, PATIENCE);
    this.#url = this.#log.find(({ url }) => url !== undefined)?.url;
  }

  get #log(): { msg: string; url?: string }[] {
    const whole = this.#process.captured.out.split('\n').slice(0, -1);
    return whole.map((line) => JSON.parse(line));
  }
}
