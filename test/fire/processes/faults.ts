/** When something was broken on purpose: what went wrong at another time needs another reason. */
export class Faults {
  readonly #spans: { from: number; to: number }[] = [];

  async during(fault: () => void | Promise<void>): Promise<void> {
    const from = Date.now();
    await fault();
    this.#spans.push({ from, to: Date.now() });
  }

  /** Whether something was broken at any time from the one until the other. */
  between(from: number, until: number): boolean {
    return this.#spans.some((span) => span.from <= until && span.to >= from);
  }
}
