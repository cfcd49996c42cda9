/** Counts the attempts that are in hand, and lets who would begin more wait until there is room for them. */
export class InHand {
  /** Begun, and not answered. */
  unanswered = 0;
  /** Answered, and not written down. */
  unwritten = 0;
  #changed: PromiseWithResolvers<void> | null = null;

  /** Takes an attempt in hand until its end is written down. */
  async hold<End>(answer: () => Promise<End>, write: (end: End) => Promise<void>): Promise<void> {
    this.unanswered += 1;
    let end: End;
    try {
      end = await answer();
    } finally {
      this.unanswered -= 1;
      this.#tell();
    }
    this.unwritten += 1;
    try {
      await write(end);
    } finally {
      this.unwritten -= 1;
      this.#tell();
    }
  }

  get isEmpty(): boolean {
    return this.unanswered + this.unwritten === 0;
  }

  /** Resolves once it is so; asked whenever something has changed. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      this.#changed ??= Promise.withResolvers();
      await this.#changed.promise;
    }
  }

  #tell(): void {
    this.#changed?.resolve();
    this.#changed = null;
  }
}
