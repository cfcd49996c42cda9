import type { Tally } from '../tally.ts';
import type { MortalProcess } from './mortal-process.ts';

/** A place at which a process works, and another one as soon as it is killed, as a supervisor would have it. */
export class Post<Order> {
  /** Rejects when a process ends by itself. */
  readonly failed: Promise<never>;
  /** What the present one has said of itself. */
  said: Record<string, string> = {};
  readonly #spawn: () => MortalProcess<Order>;
  readonly #order: () => Order;
  readonly #tally: Tally;
  readonly #running: Promise<void>;
  #present: MortalProcess<Order>;
  #closed = false;

  constructor(spawn: () => MortalProcess<Order>, order: () => Order, tally: Tally) {
    this.#spawn = spawn;
    this.#order = order;
    this.#tally = tally;
    this.#present = spawn();
    this.#running = this.#run();
    this.failed = this.#running.then(() => new Promise<never>(() => {}));
    this.failed.catch(() => {});
  }

  /** Now, wherever it is. */
  kill(): void {
    this.#present.signal('SIGKILL');
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#present.kill();
    await this.#running.catch(() => {});
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      const worked = await this.#present.begin(this.#order()).then(
        (said) => {
          this.said = said;
          return true;
        },
        // It came up while its servers were away.
        () => false,
      );
      const end = await this.#present.ended;
      if (this.#closed) return;
      if (worked && end !== 'SIGKILL') throw new Error(`A process ended by itself with ${end}.`);
      if (worked) this.#tally.count('kills');
      this.#present = this.#spawn();
    }
  }
}
