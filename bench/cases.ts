import type { BenchCase } from './case.ts';
import { rendezvousCase } from './rendezvous.ts';

/** In the order of the table in docs/benchmarks.md. */
export const CASES: BenchCase[] = [rendezvousCase];
