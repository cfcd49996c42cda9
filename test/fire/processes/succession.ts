import { setTimeout as pause } from 'node:timers/promises';
import { Tally } from '../tally.ts';
import { inWords, type KillPoint } from './kill-point.ts';
import type { MortalProcess } from './mortal-process.ts';
import type { World } from './world.ts';

/** In milliseconds: that of a busy machine. */
const MOMENT = 15_000;

/** Workers that die one after the other, each at its point. */
export class Succession {
  readonly failed: Promise<never>;
  readonly #points: KillPoint[];
  readonly #succession: Promise<void>;
  readonly #tally = new Tally();
  #next: MortalProcess<KillPoint | null>;

  constructor(world: World, points: KillPoint[]) {
    this.#points = [...points];
    this.#next = world.workerProcess();
    this.#succession = this.#succeed(world);
    this.failed = this.#succession.then(() => new Promise<never>(() => {}));
    this.failed.catch(() => {});
  }

  /** What the last of them did may be seen, and end the story, a moment before it is killed. */
  async expectEnded(): Promise<void> {
    await Promise.race([this.#succession, pause(MOMENT, undefined, { ref: false })]);
    const [waiting] = this.#points;
    if (waiting) throw new Error(`The story is over, and no worker was ${inWords(waiting)}.`);
    await this.#tally.save('a worker killed before, in and after each transaction');
  }

  async #succeed(world: World): Promise<void> {
    for (let point = this.#points[0]; point; point = this.#points[0]) {
      const victim = this.#next;
      await victim.begin(point);
      // Loads while this one works.
      this.#next = world.workerProcess();
      const end = await victim.ended;
      if (end !== 'SIGKILL') throw new Error(`A worker to be ${inWords(point)} ended with ${end}.`);
      this.#points.shift();
      this.#tally.count('kills');
    }
    await this.#next.begin(null);
  }
}
