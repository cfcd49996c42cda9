import { newId } from '../../../src/model/id.ts';
import type { JsonObject } from '../../../src/model/json.ts';
import type { ThresholdRule } from '../../../src/model/threshold-rule.ts';
import { psu } from '../../diagnosis/ereports.ts';
import type { SentEreport } from '../../support/ereports.ts';
import type { Random } from '../random.ts';

/** What becomes of an ereport. */
export type End = 'seen' | 'ignored' | 'not-understood';

/** What one thing reports, and what has to come of it, whatever the order in which it arrives and is read. */
export interface Reported {
  /** Each with what becomes of it; in any order, but before `last`. */
  ereports: { sent: SentEreport; end: End }[];
  /** What closes a case has to arrive last: whatever comes after it opens another one, and nobody would close that. */
  last: { sent: SentEreport; end: End }[];
  /** What an open case is about in the end; null where there is none. */
  open: string | null;
  /** What alerts say, each once. */
  alerts: string[];
}

const HOUR = 3_600_000;

/** Three errors of one disk within an hour. */
export const DISKS: ThresholdRule = {
  name: 'disks',
  class: 'disk.*',
  thing: ['/body/disk'],
  count: 3,
  withinSeconds: HOUR / 1_000,
  closeAfterSeconds: 86_400,
  severity: 'warning',
  alertClass: 'threshold.exceeded',
  alertVersion: 0,
};

/** What a case, or an alert, says that it is about. */
export const placeOf = (rackId: string, slot: number) => `PSU ${slot} of rack ${rackId}`;
export const diskOf = (disk: string) => `disk ${disk}`;

/** Units come and go at one place, in up to three restarts of the controller. */
export function aPlace(random: Random): Reported {
  const [rackId, slot] = [newId(), random.below(6)];
  let minutes = 0;
  const events = Array.from({ length: 1 + random.below(3) }).flatMap(() => {
    const restartId = newId();
    return Array.from({ length: 1 + random.below(4) }, (_, n) => {
      const kind = random.pick(['removed', 'inserted'] as const);
      const { timeCollected: _time, ...ereport } = psu({ kind, nth: n + 1, slot });
      const timeCollected = new Date(Date.now() - 10 * HOUR + ++minutes * 60_000).toISOString();
      const reporter = { ...ereport.reporter, rackId };
      return { kind, sent: { ...ereport, restartId, reporter, timeCollected } as SentEreport };
    });
  });
  const isMissing = events.at(-1)?.kind === 'removed';
  const all = events.map(({ sent }) => ({ sent, end: 'seen' as const }));
  const place = placeOf(rackId, slot);
  return {
    ereports: isMissing ? all : all.slice(0, -1),
    last: isMissing ? [] : all.slice(-1),
    open: isMissing ? place : null,
    alerts: events.map(({ kind, sent }) => `${place} ${kind} at ${sent.timeCollected}`),
  };
}

/** A disk that makes errors: often enough for an alert, or not. */
export function aDisk(random: Random): Reported {
  const disk = newId();
  const isBad = random.chance(0.5);
  const newest = Date.now() - random.below(HOUR / 4);
  // Those that are no longer than two hours from the last one are all kept until there are enough.
  const ago = isBad ? [0, 10, 20, 90, 100] : [0, 35, 65];
  const restartId = newId();
  const ereports = ago.map((minutes, n) => ({
    sent: {
      restartId,
      ena: String(n + 1),
      reporter: { type: 'source' as const, source: 'disks' },
      class: 'disk.error',
      timeCollected: new Date(newest - minutes * 60_000).toISOString(),
      body: { disk },
    },
    end: 'seen' as const,
  }));
  return { ereports, last: [], open: diskOf(disk), alerts: isBad ? [diskOf(disk)] : [] };
}

/** What no engine reads, what one can't read, and what needs no case: a door shut that nobody knew to be open. */
export function nuisances(): Reported[] {
  const kinds: { class: string; body: JsonObject; end: End }[] = [
    { class: 'nobody.reads.this', body: {}, end: 'not-understood' },
    { class: 'hw.remove.psu', body: { slot: 99 }, end: 'not-understood' },
    { class: 'door.shut', body: { door: newId() }, end: 'ignored' },
  ];
  const reporter = { type: 'source' as const, source: 'nuisance' };
  const timeCollected = new Date().toISOString();
  return kinds.map(({ end, ...what }) => {
    const sent = { restartId: newId(), ena: '1', reporter, timeCollected, ...what };
    return { ereports: [{ sent, end }], last: [], open: null, alerts: [] };
  });
}
