import type { StoredState } from '../../../src/model/lifecycle.ts';
import type { AlertRequest, EreportAssignment } from '../../../src/model/sitrep.ts';
import type { Submission } from '../../../src/model/submission.ts';
import type { RendezvousCursor } from '../../../src/store/rendezvous.ts';

/**
 * The model: what the tables should hold, as plain values, and nothing of how Postgres gets there. The files beside
 * this one change it as the store's functions of the same names should change the tables.
 */
export interface World {
  /** Every document that was ever sent, oldest first. */
  sent: Submission[];
  /** What waits for its insert, by sitrep id; the one submitted longest ago comes first. */
  submissions: Map<string, Submission>;
  /** By id; the oldest comes first. */
  sitreps: Map<string, Sitrep>;
  /** The live versions, oldest first. */
  history: { version: number; sitrepId: string }[];
  head: { version: number; sitrepId: string | null; generation: number };
  progress: { generation: number; sitrepId: string | null; examined: number; created: number };
  /** By id; the oldest comes first. */
  alerts: Map<string, Alert>;
  /** The sitrep whose rendezvous met it, by alert id. */
  markers: Map<string, string>;
  /** Rendezvous that were cut off, with what they would go on from. */
  cutOff: { sitrepId: string; cursor: RendezvousCursor }[];
  /** Chunks of rendezvous so far: alerts made in one chunk are of the same time. */
  chunks: number;
}

export interface Sitrep {
  id: string;
  parentId: string | null;
  creator: string;
  comment: string;
  digest: string;
  generation: number;
  released: boolean;
  cases: Case[];
}

export interface Case {
  id: string;
  engine: string;
  comment: string;
  createdIn: string;
  closedIn: string | null;
  ereports: (EreportAssignment & { assignedIn: string })[];
  requests: Request[];
}

export interface Request extends AlertRequest {
  caseId: string;
  requestedIn: string;
  generation: number;
}

export interface Alert extends Omit<AlertRequest, 'comment'> {
  caseId: string;
  chunk: number;
}

export function emptyWorld(): World {
  return {
    sent: [],
    submissions: new Map(),
    sitreps: new Map(),
    history: [],
    head: { version: 0, sitrepId: null, generation: 0 },
    progress: { generation: 0, sitrepId: null, examined: 0, created: 0 },
    alerts: new Map(),
    markers: new Map(),
    cutOff: [],
    chunks: 0,
  };
}

export function headOf({ sitreps, head }: World): Sitrep | null {
  return head.sitrepId === null ? null : (sitreps.get(head.sitrepId) ?? null);
}

export function requestsOf(sitrep: Sitrep | null): Request[] {
  return sitrep?.cases.flatMap(({ requests }) => requests) ?? [];
}

export function versionOf({ history }: World, id: string): number | null {
  return history.find(({ sitrepId }) => sitrepId === id)?.version ?? null;
}

export function stateOf(world: World, sitrep: Sitrep): StoredState {
  if (world.head.sitrepId === sitrep.id) return 'current';
  if (versionOf(world, sitrep.id) !== null) return 'superseded';
  if (sitrep.released) return 'released';
  return sitrep.parentId === world.head.sitrepId ? 'inserted' : 'orphaned';
}

/** The order of Postgres: bytes. */
export function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
