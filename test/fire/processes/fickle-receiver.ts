import { answer, Hook } from '../../support/hook.ts';
import type { Random } from '../random.ts';

/** A receiver that accepts what it is sent most of the time, and otherwise does whatever receivers do. */
export class FickleReceiver {
  /** How often it has accepted each message. */
  readonly accepted = new Map<string, number>();
  readonly #hook: Hook;

  private constructor(hook: Hook, random: Random) {
    this.#hook = hook;
    hook.answer = (response, received) => {
      const mood = random.below(100);
      if (mood < 15) answer(500)(response, received);
      else if (mood < 20) answer(503, { 'retry-after': '1' })(response, received);
      else if (mood < 28) response.destroy();
      // Never answers: it is given up in time.
      else if (mood < 29) return;
      else {
        this.accepted.set(received.id, (this.accepted.get(received.id) ?? 0) + 1);
        answer(random.pick([200, 202, 204]))(response, received);
      }
    };
  }

  static async start(random: Random): Promise<FickleReceiver> {
    return new FickleReceiver(await Hook.start(), random);
  }

  get url(): string {
    return this.#hook.url;
  }

  get asked(): number {
    return this.#hook.received.length;
  }

  stop(): Promise<void> {
    return this.#hook.stop();
  }
}
