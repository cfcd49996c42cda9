import { performance } from 'node:perf_hooks';

/** One way of doing a job; timed is only `run`. */
export interface Variant {
  /** Brings everything into the state that `run` starts from. */
  prepare?(): Promise<unknown>;
  run(): Promise<unknown>;
}

/**
 * Times variants in turn, A B A B …, so that whatever else the machine does meets all of them alike. One round
 * before the others warms up code, caches and prepared statements, and is not counted.
 */
export async function interleave<Name extends string>(
  rounds: number,
  variants: Record<Name, Variant>,
): Promise<Record<Name, number[]>> {
  const named = Object.entries(variants) as [Name, Variant][];
  const times = Object.fromEntries(named.map(([name]) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const [name, variant] of named) {
      await variant.prepare?.();
      const time = await timed(() => variant.run());
      if (round > 0) times[name].push(time);
    }
  }
  return times;
}

/** Milliseconds that it takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
