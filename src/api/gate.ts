import { Problem } from '../model/problem.ts';

interface Waiting {
  weight: number;
  admit(): void;
}

/**
 * Lets work in as long as its weight together stays within a capacity; the rest waits its turn, in order. What
 * weighs more than the capacity is let in alone.
 */
export class Gate {
  readonly #capacity: number;
  readonly #patienceMs: number;
  readonly #waiting: Waiting[] = [];
  #inside = 0;

  constructor(capacity: number, patienceMs: number) {
    this.#capacity = capacity;
    this.#patienceMs = patienceMs;
  }

  /** Resolves, once there is room, with what makes room again. */
  async enter(weight: number): Promise<() => void> {
    const share = Math.min(weight, this.#capacity);
    if (this.#waiting.length > 0 || !this.#hasRoom(share)) await this.#turn(share);
    else this.#inside += share;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#inside -= share;
      this.#admitWaiting();
    };
  }

  #hasRoom(weight: number): boolean {
    return this.#inside + weight <= this.#capacity;
  }

  #turn(weight: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        weight,
        admit: () => {
          clearTimeout(timer);
          this.#inside += weight;
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(
          new Problem('unavailable', 'Other documents are being read, and there was no turn for this one.'),
        );
        this.#admitWaiting();
      }, this.#patienceMs);
      this.#waiting.push(waiting);
    });
  }

  #admitWaiting(): void {
    for (let first = this.#waiting[0]; first && this.#hasRoom(first.weight); first = this.#waiting[0]) {
      this.#waiting.shift();
      first.admit();
    }
  }
}
