import { carriedCase } from './carried.ts';
import type { BenchCase } from './case.ts';
import { collectionCase } from './collection.ts';
import { costCase } from './cost.ts';
import { deliveriesCase } from './deliveries.ts';
import { dispatchCase } from './dispatch.ts';
import { firstAlertCase } from './first-alert.ts';
import { firstAttemptCase } from './first-attempt.ts';
import { hangingReceiverCase } from './hanging-receiver.ts';
import { historyCase } from './history.ts';
import { idleLifecyclesCase } from './idle-lifecycles.ts';
import { ingestCase } from './ingest.ts';
import { insertCase } from './insert.ts';
import { latencyCase } from './latency.ts';
import { loadCase } from './load.ts';
import { makeCurrentUnderLoadCase } from './make-current-under-load.ts';
import { memoryCase } from './memory.ts';
import { nothingToDoCase } from './nothing-to-do.ts';
import { openCasesCase } from './open-cases.ts';
import { rendezvousCase } from './rendezvous.ts';
import { stormCase } from './storm.ts';
import { throughputCase } from './throughput.ts';

/** In the order of the table in docs/benchmarks.md. */
export const CASES: BenchCase[] = [
  rendezvousCase,
  carriedCase,
  nothingToDoCase,
  makeCurrentUnderLoadCase,
  insertCase,
  loadCase,
  historyCase,
  collectionCase,
  latencyCase,
  throughputCase,
  idleLifecyclesCase,
  memoryCase,
  deliveriesCase,
  dispatchCase,
  firstAttemptCase,
  hangingReceiverCase,
  ingestCase,
  firstAlertCase,
  stormCase,
  openCasesCase,
  costCase,
];
