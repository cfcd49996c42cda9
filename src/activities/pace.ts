/** How fast something goes that is only counted. */
export class Pace {
  #count = 0;
  #at = performance.now();

  /** As many as come within so many milliseconds, as it went since this was last asked. */
  within(milliseconds: number, count: number): number {
    const now = performance.now();
    const pace = (count - this.#count) / (now - this.#at);
    this.#count = count;
    this.#at = now;
    return Math.floor(pace * milliseconds);
  }
}
