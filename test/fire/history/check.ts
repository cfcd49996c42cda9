import type { Attempt, History, Read } from './record.ts';

/** A commit, as far as it was seen: it took place after its first attempt began, before the first one ended. */
interface Commit {
  version: number;
  sitrepId: string;
  parentId: string | null;
  start: number;
  end: number;
}

/**
 * Whether one chain, grown by one commit at a time, can have shown all that was seen, each thing at some moment
 * between its start and its end. Answers what can't be, in sentences; nothing when all can.
 */
export function faultsOf({ attempts, reads }: History): string[] {
  const commits = commitsOf(attempts);
  return [
    ...faultsOfChain(commits),
    ...faultsOfOrder(commits, (commit) => `version ${commit.version}`),
    ...attempts.filter(({ version }) => version === null).flatMap((lost) => faultsOfLoss(lost, commits)),
    ...reads.flatMap((read) => faultsOfRead(read, commits)),
    ...faultsOfOrder(reads, (read) => `version ${read.version}, read by ${read.client},`),
  ];
}

function commitsOf(attempts: Attempt[]): Commit[] {
  const commits = new Map<string, Commit>();
  for (const { sitrepId, parentId, version, start, end } of attempts) {
    if (version === null) continue;
    const key = `${sitrepId} ${version}`;
    const seen = commits.get(key) ?? { version, sitrepId, parentId, start, end };
    commits.set(key, { ...seen, start: Math.min(seen.start, start), end: Math.min(seen.end, end) });
  }
  return [...commits.values()].sort((a, b) => a.version - b.version);
}

function faultsOfChain(commits: Commit[]): string[] {
  const faults: string[] = [];
  let before: { version: number; sitrepId: string | null } = { version: 0, sitrepId: null };
  for (const commit of commits) {
    if (commit.version !== before.version + 1) {
      faults.push(`Version ${commit.version} comes after ${before.version}.`);
    } else if (commit.parentId !== before.sitrepId) {
      faults.push(`The parent of version ${commit.version} is not version ${before.version}.`);
    }
    before = commit;
  }
  return faults;
}

/** What ended before another began has no higher version than that. */
function faultsOfOrder<One extends { version: number; start: number; end: number }>(
  all: One[],
  name: (one: One) => string,
): string[] {
  const faults: string[] = [];
  const byEnd = all.toSorted((a, b) => a.end - b.end);
  let ended = 0;
  let highest: One | null = null;
  for (const one of all.toSorted((a, b) => a.start - b.start)) {
    for (let next = byEnd[ended]; next && next.end < one.start; next = byEnd[++ended]) {
      if (highest === null || next.version > highest.version) highest = next;
    }
    if (highest && highest.version > one.version) {
      faults.push(`${name(highest)} ended before ${name(one)} began.`);
    }
  }
  return faults;
}

/** One has lost when another commit on its parent began before the loss was told. */
function faultsOfLoss(lost: Attempt, commits: Commit[]): string[] {
  const superseding = commits.find(({ parentId }) => parentId === lost.parentId);
  if (superseding && superseding.sitrepId !== lost.sitrepId && superseding.start < lost.end) return [];
  return [`${lost.sitrepId} lost by ${lost.end}, when nothing had superseded its parent.`];
}

/** A read shows a version that may have been current between its start and its end. */
function faultsOfRead(read: Read, commits: Commit[]): string[] {
  const shown = commits.find(({ version }) => version === read.version);
  if ((shown?.sitrepId ?? null) !== read.sitrepId) {
    return [`${read.client} read ${read.sitrepId} as version ${read.version}.`];
  }
  if (shown && shown.start >= read.end) {
    return [`${read.client} read version ${read.version} before it was committed.`];
  }
  const next = commits.find(({ version }) => version > read.version);
  if (next && next.end <= read.start) {
    return [`${read.client} read version ${read.version} after version ${next.version} had been committed.`];
  }
  return [];
}
