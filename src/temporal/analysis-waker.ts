import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { SHORT_CALL, within } from './call.ts';
import { wakeAnalysis } from './wake-analysis.ts';

/** Between two attempts while Temporal is away: grows from one to the other. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 10_000;

/**
 * Wakes the analysis for many that ask at once: one signal is on its way, and one more follows it for all who ask
 * meanwhile. Nobody has to wait for it. While Temporal is away it is tried again. If this process ends before that, the
 * analysis is late and nothing is lost: it looks at an interval, too.
 */
export class AnalysisWaker {
  readonly #client: Client;
  readonly #closing = new AbortController();
  #underWay: Promise<void> | null = null;
  #askedMeanwhile = false;

  constructor(client: Client) {
    this.#client = client;
  }

  wake(): void {
    if (this.#underWay) this.#askedMeanwhile = true;
    else this.#underWay = this.#signal();
  }

  /** Resolves once there is no signal under way. */
  async settled(): Promise<void> {
    await this.#underWay;
  }

  /** Sends what is to be sent, but waits no longer for a Temporal that is away. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.settled();
  }

  async #signal(): Promise<void> {
    do {
      this.#askedMeanwhile = false;
      await this.#untilSent();
    } while (this.#askedMeanwhile);
    this.#underWay = null;
  }

  async #untilSent(): Promise<void> {
    const { signal } = this.#closing;
    for (let milliseconds = FIRST_PAUSE; ; milliseconds = Math.min(2 * milliseconds, LONGEST_PAUSE)) {
      try {
        return await within(this.#client, SHORT_CALL, () => wakeAnalysis(this.#client));
      } catch {
        await pause(milliseconds, undefined, { signal }).catch(() => {});
        if (signal.aborted) return;
      }
    }
  }
}
