import { setTimeout as pause } from 'node:timers/promises';
import type { Settings } from '../model/settings.ts';
import { Failure } from './failure.ts';

/**
 * What has not stopped in this time is left behind: whoever pressed Ctrl-C does not wait for ever. Longer than parts take
 * that let their work come to an end.
 */
export function stopWithin({ SITREP_DRAIN_SECONDS, SITREP_GRACE_SECONDS }: Settings): number {
  return (SITREP_DRAIN_SECONDS + SITREP_GRACE_SECONDS + 10) * 1000;
}

/** What is left gets a moment, even when the time is over. */
const MOMENT = 500;

/** What a process runs, named for whoever has to hear which of it failed. Stopped in the opposite order. */
export class Parts {
  /** Rejects when a part ends by itself. */
  readonly failed: Promise<never>;
  readonly #fail: (failure: Failure) => void;
  readonly #stops: { name: string; stop: () => Promise<void> }[] = [];

  readonly #stopWithin: number;

  constructor(stopWithin: number) {
    this.#stopWithin = stopWithin;
    const { promise, reject } = Promise.withResolvers<never>();
    this.failed = promise;
    this.#fail = reject;
    // A part may fail while another one is still being started, when nobody listens yet.
    promise.catch(() => {});
  }

  async start<Part>(
    name: string,
    start: () => Promise<Part>,
    stop: (part: Part) => Promise<unknown>,
  ): Promise<Part> {
    const part = await start().catch((error: unknown) => {
      throw asFailure(error, `${name} could not be started`);
    });
    this.#stops.push({
      name,
      stop: async () => {
        await stop(part);
      },
    });
    return part;
  }

  get started(): boolean {
    return this.#stops.length > 0;
  }

  watch(name: string, failed: Promise<never>): void {
    failed.catch((error: unknown) => this.#fail(asFailure(error, `${name} failed`)));
  }

  /** Stops all that was started; says what could not be stopped, and goes on with the rest. */
  async stop(report: (line: string) => void): Promise<void> {
    const deadline = Date.now() + this.#stopWithin;
    for (const { name, stop } of this.#stops.splice(0).reverse()) {
      const fault = await faultOf(stop(), Math.max(MOMENT, deadline - Date.now()));
      if (fault !== null) report(`${name} did not stop cleanly: ${fault}`);
    }
  }
}

async function faultOf(stopped: Promise<void>, within: number): Promise<string | null> {
  const over = new AbortController();
  const late = pause(within, 'it took too long, and was left behind', { signal: over.signal });
  late.catch(() => {});
  try {
    return await Promise.race([stopped.then(() => null), late]);
  } catch (error) {
    return (error as Error).message;
  } finally {
    over.abort();
  }
}

function asFailure(error: unknown, title: string): Failure {
  if (error instanceof Failure) return error;
  return new Failure({ title, detail: error instanceof Error ? error.message : String(error) });
}
