import type { Analysis, Engine, EngineModule, Ereport, OpenCase } from 'sitrep/engine';
import { z } from 'zod';

// An engine of one's own, complete: doors of racks that somebody left open. A door sensor sends an ereport when its door
// opens and one when it shuts. A door that is open is worth a case; only one that stays open is worth an alert.

const OPENED = 'door.opened';
const SHUT = 'door.shut';

const Settings = z.strictObject({ alertAfterMinutes: z.int().min(1).default(10) });

const LeftOpen = z.strictObject({ door: z.string(), openedAt: z.string(), minutes: z.int() });
const LEFT_OPEN = { class: 'example.door.left_open', version: 0, schema: LeftOpen };

/** What the body of an ereport has to say. */
const Body = z.object({ door: z.string().min(1).max(100) });

const rackDoor: EngineModule = (settings) => {
  const { alertAfterMinutes } = Settings.parse(settings ?? {});
  const engine: Engine = {
    name: 'rack_door',
    classes: [OPENED, SHUT],
    alertClasses: {
      [LEFT_OPEN.class]: { description: 'The door of a rack was left open.', versions: { 0: LeftOpen } },
    },
    settings: { alertAfterMinutes },
    analyze: (analysis) => analyze(analysis, alertAfterMinutes),
  };
  return engine;
};

export default rackDoor;

function analyze(analysis: Analysis, alertAfterMinutes: number): void {
  assign(analysis);
  for (const oneCase of analysis.cases) decide(oneCase, analysis.time, alertAfterMinutes);
}

/** Puts each new ereport into the case of its door. */
function assign(analysis: Analysis): void {
  const byDoor = indexByDoor(analysis.cases);
  for (const ereport of analysis.newEreports) {
    const door = doorOf(ereport);
    if (door === null) {
      analysis.notUnderstood(ereport, 'its body does not name a door');
      continue;
    }
    let known = byDoor.get(door);
    if (!known && ereport.class === OPENED) {
      known = analysis.openCase(`The door ${door} is open.`);
      byDoor.set(door, known);
    }
    if (known) known.addEreport(ereport);
    else analysis.ignore(ereport, 'nobody knew that this door was open');
  }
}

/** Made once: to look through all cases for each ereport takes a minute where there are thousands of both. */
function indexByDoor(cases: readonly OpenCase[]): Map<string, OpenCase> {
  const index = new Map<string, OpenCase>();
  for (const oneCase of cases) {
    for (const door of oneCase.ereports.map(({ ereport }) => doorOf(ereport))) {
      if (door !== null && !index.has(door)) index.set(door, oneCase);
    }
  }
  return index;
}

/** All that is known of a door is in its case. */
function decide(oneCase: OpenCase, now: string, alertAfterMinutes: number): void {
  const last = oneCase.ereports
    .flatMap(({ ereport }) => ereport ?? [])
    .sort((a, b) => Date.parse(a.timeCollected) - Date.parse(b.timeCollected))
    .at(-1);
  const door = last ? doorOf(last) : null;
  if (!last || door === null) return;
  if (last.class === SHUT) {
    oneCase.close('the door was shut');
    return;
  }
  const minutes = Math.floor((Date.parse(now) - Date.parse(last.timeCollected)) / 60_000);
  if (minutes < alertAfterMinutes || oneCase.alertRequests.length > 0) return;
  oneCase.requestAlert(LEFT_OPEN, { door, openedAt: last.timeCollected, minutes });
  oneCase.setComment(`The door ${door} was left open.`);
}

function doorOf(ereport: Ereport | null): string | null {
  const body = Body.safeParse(ereport?.body);
  return body.success ? body.data.door : null;
}
