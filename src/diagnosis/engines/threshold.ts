import canonicalize from 'canonicalize';
import type { ThresholdRule } from '../../model/threshold-rule.ts';
import type { Analysis } from '../analysis.ts';
import type { Engine } from '../engine.ts';
import { compareEreports, type Ereport } from '../ereport.ts';
import { valueAt } from '../json-pointer.ts';
import type { OpenCase } from '../open-case.ts';
import { firstWindow } from './serd.ts';
import { timeOf } from './time-of.ts';

/** What the names of these engines begin with, and no others. */
export const THRESHOLD = 'threshold.';
/** Longer values than this identify nothing that a person could read. */
const MAX_VALUE = 200;

/**
 * The engine of one threshold rule. There is a case for each thing that made an ereport lately, so that the counting
 * is in the sitrep, where everybody can see it, and survives everything: `2 of 5`. When the threshold is reached, the
 * case asks for its alert, once. It is closed when it has been quiet for long enough, and the next ereport counts as
 * the first.
 */
export function thresholdEngine(rule: ThresholdRule): Engine {
  return {
    name: `${THRESHOLD}${rule.name}`,
    classes: [rule.class],
    settings: rule,
    analyze: (analysis) => analyze(rule, analysis),
  };
}

/** What identifies a thing: the values of the rule's fields. */
interface Thing {
  key: string;
  fields: { field: string; value: string }[];
}
interface ThingCase {
  oneCase: OpenCase;
  thing: Thing;
}

function analyze(rule: ThresholdRule, analysis: Analysis): void {
  const byThing = new Map<string, ThingCase>();
  for (const oneCase of analysis.cases) {
    const thing = thingOf(oneCase, rule);
    if (!thing) oneCase.warn('cannot tell from its ereports what this case is about, and leaves it as it is');
    else if (!byThing.has(thing.key)) byThing.set(thing.key, { oneCase, thing });
  }
  let isNews = false;
  for (const ereport of analysis.newEreports) {
    const thing = readThing(ereport, rule);
    if ('unreadable' in thing) {
      analysis.notUnderstood(ereport, thing.unreadable);
      continue;
    }
    let found = byThing.get(thing.key);
    if (!found) {
      found = { oneCase: analysis.openCase(wordsOf(rule, thing, 0)), thing };
      byThing.set(thing.key, found);
    }
    isNews = found.oneCase.addEreport(ereport) || isNews;
  }
  for (const found of byThing.values()) decide(found, rule, analysis, isNews);
}

/** An ereport by its time. */
interface Event {
  time: number;
  ereport: Ereport;
  isNew: boolean;
}

/** `isNews`: there will be another sitrep, whatever becomes of this case. */
function decide(
  { oneCase, thing }: ThingCase,
  rule: ThresholdRule,
  analysis: Analysis,
  isNews: boolean,
): void {
  const events = eventsOf(oneCase, analysis);
  const last = events.at(-1);
  if (!last) return;
  const within = rule.withinSeconds * 1_000;
  const now = Date.parse(analysis.time);
  const window = firstWindow(events, rule.count, within);
  if (window && !hasFired(oneCase)) fire(oneCase, thing, window, rule, analysis);
  const fired = hasFired(oneCase);
  // Whatever comes up to T late still counts: hence twice T until one that came alone is forgotten.
  const memory = fired ? rule.closeAfterSeconds * 1_000 : 2 * within;
  if (!fired && events.some(({ isNew }) => isNew)) {
    oneCase.setComment(wordsOf(rule, thing, mostWithin(events, within)));
  }
  // To forget is no reason for a sitrep. But one of many things in a storm is often heard of only once, and what came
  // with that can be forgotten only later, or every sitrep after the storm would carry all of it.
  if (isNews) forget(oneCase, events, new Set(window), fired ? last.time : last.time - 2 * within);
  if (now - last.time > memory) {
    oneCase.close(
      fired ? `quiet for more than ${rule.closeAfterSeconds} s` : 'the threshold was not reached',
    );
  }
}

function eventsOf(oneCase: OpenCase, analysis: Analysis): Event[] {
  return oneCase.ereports
    .flatMap(({ ereport, isNew }) =>
      ereport ? [{ time: timeOf(ereport.timeCollected, analysis), ereport, isNew }] : [],
    )
    .sort((a, b) => a.time - b.time || compareEreports(a.ereport, b.ereport));
}

/** A carried case carries its request, so that it asks only once; also where the rule names another class since. */
function hasFired(oneCase: OpenCase): boolean {
  return oneCase.alertRequests.length > 0;
}

function fire(
  oneCase: OpenCase,
  thing: Thing,
  window: readonly Event[],
  rule: ThresholdRule,
  analysis: Analysis,
): void {
  const kind = analysis.alertKind(rule.alertClass, rule.alertVersion);
  if (!kind)
    throw new Error(`There is no version ${rule.alertVersion} of the alert class ${rule.alertClass}.`);
  const times = window.map(({ ereport }) => ereport.timeCollected);
  const payload = {
    rule: rule.name,
    severity: rule.severity,
    thing: thing.fields,
    ereportClass: rule.class,
    count: rule.count,
    withinSeconds: rule.withinSeconds,
    firstTime: times.at(0),
    lastTime: times.at(-1),
  };
  const words = wordsOf(rule, thing, rule.count);
  oneCase.requestAlert(kind, payload, words);
  oneCase.setComment(words);
}

/** The window is why there is a case, and stays; what is older than what may still matter goes. */
function forget(
  oneCase: OpenCase,
  events: readonly Event[],
  window: ReadonlySet<Event>,
  keepFrom: number,
): void {
  for (const event of events) {
    if (event.time >= keepFrom || window.has(event)) continue;
    oneCase.dropEreport(event.ereport, 'too old to matter');
  }
}

function mostWithin(events: readonly Event[], within: number): number {
  let first = 0;
  let most = 0;
  for (const [index, { time }] of events.entries()) {
    while (time - (events[first]?.time ?? time) > within) first++;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

function thingOf(oneCase: OpenCase, rule: ThresholdRule): Thing | null {
  for (const { ereport } of oneCase.ereports) {
    const thing = ereport && readThing(ereport, rule);
    if (thing && !('unreadable' in thing)) return thing;
  }
  return null;
}

function readThing(ereport: Ereport, rule: ThresholdRule): Thing | { unreadable: string } {
  const values = rule.thing.map((field) => valueAt(ereport, field));
  const odd = values.findIndex((value) => !identifies(value));
  if (odd >= 0) {
    return {
      unreadable: `${rule.thing[odd]} is no number, boolean or text of at most ${MAX_VALUE} characters`,
    };
  }
  return {
    key: canonicalize(values) ?? '',
    fields: rule.thing.map((field, index) => ({ field, value: String(values[index]) })),
  };
}

function identifies(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= MAX_VALUE;
  return typeof value === 'number' || typeof value === 'boolean';
}

function wordsOf(rule: ThresholdRule, thing: Thing, count: number): string {
  const who = thing.fields.map(({ field, value }) => `${field} ${value}`).join(', ');
  return `${rule.name}: ${count} of ${rule.count} ereports within ${rule.withinSeconds} s${who && ` from ${who}`}`;
}
