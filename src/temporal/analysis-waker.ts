import type { Client } from '@temporalio/client';
import { SHORT_CALL, within } from './call.ts';
import { wakeAnalysis } from './wake-analysis.ts';

/**
 * Wakes the analysis for many that ask at once: one signal is on its way, and one more follows it for all who ask
 * meanwhile. Nobody has to wait for it. Where it fails, the analysis is late and nothing is lost: it looks at an
 * interval, too.
 */
export class AnalysisWaker {
  readonly #client: Client;
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

  async #signal(): Promise<void> {
    do {
      this.#askedMeanwhile = false;
      await within(this.#client, SHORT_CALL, () => wakeAnalysis(this.#client)).catch(() => {});
    } while (this.#askedMeanwhile);
    this.#underWay = null;
  }
}
