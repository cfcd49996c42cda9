import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export type Asked = { kind: 'await'; count: number } | { kind: 'forget' } | { kind: 'hang up' };
export type Heard = { kind: 'listens'; url: string } | { kind: 'arrived'; lastAt: number };

const THREAD = new URL('./endpoint-thread.ts', import.meta.url);

/** A receiver in a thread of its own, so that it takes no time of who sends. It answers at once, or never. */
export class Endpoint {
  readonly url: string;
  readonly #thread: Worker;

  private constructor(url: string, thread: Worker) {
    this.url = url;
    this.#thread = thread;
  }

  static async start(hangs = false): Promise<Endpoint> {
    const thread = new Worker(THREAD, { workerData: { hangs } });
    const heard = await hear(thread);
    if (heard.kind !== 'listens') throw new Error('It does not listen.');
    return new Endpoint(heard.url, thread);
  }

  /** Resolves when so many requests have come since the last `forget`, with when the last of them did. */
  async arrived(count: number): Promise<number> {
    this.#ask({ kind: 'await', count });
    const heard = await hear(this.#thread);
    if (heard.kind !== 'arrived') throw new Error('It listens twice.');
    return heard.lastAt;
  }

  /** Counts from zero again. */
  forget(): void {
    this.#ask({ kind: 'forget' });
  }

  /** Breaks off whatever is open. */
  hangUp(): void {
    this.#ask({ kind: 'hang up' });
  }

  async stop(): Promise<void> {
    await this.#thread.terminate();
  }

  #ask(asked: Asked): void {
    this.#thread.postMessage(asked);
  }
}

async function hear(thread: Worker): Promise<Heard> {
  const [heard]: Heard[] = await once(thread, 'message');
  if (!heard) throw new Error('It said nothing.');
  return heard;
}
