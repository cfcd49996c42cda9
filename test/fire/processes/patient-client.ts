import { setTimeout as pause } from 'node:timers/promises';
import type { Tally } from '../tally.ts';

/** Between two tries while the service is away. */
export const AGAIN_AFTER = 50;

export interface Reply {
  status: number;
  body: unknown;
}

/** Asks an API that is killed and started again, and moves each time, until it has an answer. */
export class PatientClient {
  readonly #url: () => string | undefined;
  readonly #tally: Tally;
  /** Requests that an API had been found for, and that got no answer, or were told that it can't be now. */
  failed = 0;
  #givenUp = false;

  constructor(url: () => string | undefined, tally: Tally) {
    this.#url = url;
    this.#tally = tally;
  }

  /** Ends whatever still waits for an answer that will never come. */
  giveUp(): void {
    this.#givenUp = true;
  }

  /** Until the answer is one of those that are final. */
  async askUntil(
    method: string,
    path: string,
    document: unknown,
    final: number[],
  ): Promise<Reply & { tries: number }> {
    for (let tries = 1; ; tries++) {
      const reply = await this.ask(method, path, document);
      if (reply && final.includes(reply.status)) return { ...reply, tries };
      if (reply && ![202, 503].includes(reply.status)) {
        throw new Error(`${method} ${path} → ${reply.status} ${JSON.stringify(reply.body)}`);
      }
      if (this.#givenUp) throw new Error(`${method} ${path} was given up.`);
      await pause(AGAIN_AFTER);
    }
  }

  /** Null without an answer: the service is being killed, or started. */
  async ask(method: string, path: string, document?: unknown): Promise<Reply | null> {
    const url = this.#url();
    if (url === undefined) return null;
    this.#tally.count('requests');
    try {
      const reply = await fetch(new URL(path, url), {
        method,
        ...(document ? { body: JSON.stringify(document), headers: JSON_BODY } : {}),
      });
      const text = await reply.text();
      if (reply.status === 503) this.failed += 1;
      return { status: reply.status, body: text === '' ? null : JSON.parse(text) };
    } catch {
      this.failed += 1;
      return null;
    }
  }
}
const JSON_BODY = { 'content-type': 'application/json' };
