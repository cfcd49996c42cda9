import { carriedCase } from './carried.ts';
import type { BenchCase } from './case.ts';
import { collectionCase } from './collection.ts';
import { historyCase } from './history.ts';
import { insertCase } from './insert.ts';
import { latencyCase } from './latency.ts';
import { makeCurrentUnderLoadCase } from './make-current-under-load.ts';
import { nothingToDoCase } from './nothing-to-do.ts';
import { rendezvousCase } from './rendezvous.ts';
import { throughputCase } from './throughput.ts';

/** In the order of the table in docs/benchmarks.md. */
export const CASES: BenchCase[] = [
  rendezvousCase,
  carriedCase,
  nothingToDoCase,
  makeCurrentUnderLoadCase,
  insertCase,
  historyCase,
  collectionCase,
  latencyCase,
  throughputCase,
];
