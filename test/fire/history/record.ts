// What was seen of the chain from outside, with the times between which each thing took place.

interface Event {
  client: string;
  start: number;
  end: number;
}

/** An attempt to make a sitrep the current one; one that won may have been made several times. */
export interface Attempt extends Event {
  sitrepId: string;
  parentId: string | null;
  /** Null when it lost. */
  version: number | null;
}

/** A read of `current`; version 0 before history. */
export interface Read extends Event {
  sitrepId: string | null;
  version: number;
}

export interface History {
  attempts: Attempt[];
  reads: Read[];
}

/** Runs `act`, and tells between which times it was done. */
export async function timed<T>(act: () => Promise<T>): Promise<{ outcome: T; start: number; end: number }> {
  const start = performance.now();
  const outcome = await act();
  return { outcome, start, end: performance.now() };
}
