/** Looks again and again until `seen` answers something; throws `otherwise` when that takes too long. */
export async function until<T>(seen: () => Promise<T | null>, otherwise: string): Promise<T> {
  const deadline = Date.now() + WITHIN;
  for (;;) {
    const found = await seen();
    if (found !== null) return found;
    if (Date.now() > deadline) throw new Error(otherwise);
  }
}

const WITHIN = 12_000;
