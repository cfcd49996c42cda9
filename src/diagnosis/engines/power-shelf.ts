import { PSU_INSERTED, PSU_REMOVED } from '../../model/alert-class.ts';
import type { Analysis } from '../analysis.ts';
import type { Engine } from '../engine.ts';
import { compareEreports } from '../ereport.ts';
import type { OpenCase } from '../open-case.ts';
import { INSERTED, type PsuEreport, placeOf, REMOVED, readPsuEreport } from './psu-ereport.ts';
import { timeOf } from './time-of.ts';

/**
 * Power supply units that are pulled out and put back, after omicron's engine of the same name. There is a case for a
 * unit's place; it is open for as long as a unit is missing there. Each ereport asks for an alert once, in the sitrep
 * that first has it.
 */
export const powerShelf: Engine = { name: 'power_shelf', classes: [INSERTED, REMOVED], analyze };

/** What an open case says, as far as it can be read. */
interface PsuCase {
  oneCase: OpenCase;
  known: PsuEreport[];
  fresh: Set<PsuEreport>;
  hasUnreadable: boolean;
}

function analyze(analysis: Analysis): void {
  const cases = analysis.cases.map(readCase);
  const byPlace = indexByPlace(cases);
  for (const ereport of analysis.newEreports) {
    const psu = readPsuEreport(ereport);
    if ('unreadable' in psu) {
      analysis.notUnderstood(ereport, psu.unreadable);
      continue;
    }
    const place = placeOf(psu);
    let psuCase = byPlace.get(place);
    if (!psuCase) {
      const oneCase = analysis.openCase(`${place} was ${psu.kind}.`);
      psuCase = { oneCase, known: [], fresh: new Set(), hasUnreadable: false };
      byPlace.set(place, psuCase);
      cases.push(psuCase);
    }
    psuCase.oneCase.addEreport(ereport, `${place} was ${psu.kind}.`);
    psuCase.known.push(psu);
    psuCase.fresh.add(psu);
  }
  for (const psuCase of cases) decide(psuCase, analysis);
}

/** Reads a case off its ereports. What cannot be read may say that a unit is missing, so it keeps the case open. */
function readCase(oneCase: OpenCase): PsuCase {
  const psuCase: PsuCase = { oneCase, known: [], fresh: new Set(), hasUnreadable: false };
  for (const { restartId, ena, ereport } of oneCase.ereports) {
    const psu = ereport ? readPsuEreport(ereport) : { unreadable: 'the service does not have it' };
    if ('unreadable' in psu) {
      psuCase.hasUnreadable = true;
      oneCase.warn('cannot read an ereport of this case', { restartId, ena, why: psu.unreadable });
    } else {
      psuCase.known.push(psu);
    }
  }
  return psuCase;
}

/** Where two open cases are about one place, the first goes on with it. */
function indexByPlace(cases: readonly PsuCase[]): Map<string, PsuCase> {
  const index = new Map<string, PsuCase>();
  for (const psuCase of cases) {
    for (const place of psuCase.known.map(placeOf)) {
      if (!index.has(place)) index.set(place, psuCase);
    }
  }
  return index;
}

/** Asks for the alerts of what is new, and closes the case when nothing is missing as of the latest restart. */
function decide({ oneCase, known, fresh, hasUnreadable }: PsuCase, analysis: Analysis): void {
  const restarts = Map.groupBy(known.toSorted(inReplayOrder), ({ ereport }) => ereport.restartId);
  let latest: { time: number; absent: Set<string> } | null = null;
  for (const [restartId, events] of restarts) {
    const absent = replay(events);
    const time = latestTime(restartId, events, analysis);
    // Of two that are equally late, the first one decides, so that which it is does not depend on the order of arrival.
    if (latest === null || time > latest.time) latest = { time, absent };
    if (fresh.size > 0)
      oneCase.log('replayed a restart', { restartId, ereports: events.length, absent: [...absent] });
    for (const event of events.filter((one) => fresh.has(one))) requestAlert(oneCase, event);
  }
  const absent = latest?.absent ?? new Set();
  if (hasUnreadable) {
    oneCase.warn('stays open, for some of its ereports cannot be read', { absent: [...absent] });
  } else if (absent.size === 0) {
    oneCase.setComment(`${oneCase.comment} No unit is missing any more.`);
    oneCase.close(latest ? 'as of the latest restart no unit is missing' : 'it has no ereports');
  }
}

function inReplayOrder(a: PsuEreport, b: PsuEreport): number {
  return compareEreports(a.ereport, b.ereport);
}

/** The places that are empty after these events of one restart. */
function replay(events: readonly PsuEreport[]): Set<string> {
  const absent = new Set<string>();
  for (const event of events) {
    if (event.kind === 'removed') absent.add(placeOf(event));
    else absent.delete(placeOf(event));
  }
  return absent;
}

/** The restart that was heard of last is most likely the one that runs now. */
function latestTime(restartId: string, events: readonly PsuEreport[], analysis: Analysis): number {
  const heardOf = analysis.restart(restartId)?.timeLatest;
  const times = events.map(({ ereport }) => ereport.timeCollected).concat(heardOf ?? []);
  return times.map((time) => timeOf(time, analysis)).reduce((latest, time) => Math.max(latest, time));
}

function requestAlert(
  oneCase: OpenCase,
  { kind, ereport, rackId, shelf, slot, baseboard, identity }: PsuEreport,
) {
  if (baseboard === null) {
    const { restartId, ena } = ereport;
    oneCase.warn('the ereport does not say which controller it is from', { restartId, ena });
  }
  oneCase.requestAlert(
    kind === 'inserted' ? PSU_INSERTED : PSU_REMOVED,
    { rackId, powerShelf: { shelf, baseboard }, psu: { slot, identity }, time: ereport.timeCollected },
    `PSU ${slot} of power shelf ${shelf} was ${kind}.`,
  );
}
