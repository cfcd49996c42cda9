import { z } from 'zod';
import { isBoundedJson } from './bounded-json.ts';
import { Ena } from './ena.ts';
import { type Fault, Faults } from './fault.ts';
import { Id } from './id.ts';
import type { JsonObject } from './json.ts';
import { anyObject } from './json-object.ts';
import { MAX_EREPORT_NAME } from './limits.ts';
import { text } from './text.ts';
import { Moment } from './time.ts';

const slot = z.int().min(0).max(65_535);
const rackId = Id.optional().describe('The rack that it is in, where that is known.');

const ServiceProcessor = z
  .strictObject({
    type: z.literal('sp'),
    spType: z.enum(['sled', 'switch', 'power_shelf'], 'must be sled, switch or power_shelf'),
    slot,
    rackId,
  })
  .describe('The service processor of a sled, a switch or a power shelf, found by where that sits.');
const HostOs = z
  .strictObject({
    type: z.literal('host'),
    sled: Id.describe('The id of the sled.'),
    slot: slot.optional(),
    rackId,
  })
  .describe('The operating system of a sled; where that sits may not be known yet.');
const Source = z
  .strictObject({
    type: z.literal('source'),
    source: text(MAX_EREPORT_NAME).min(1, 'must not be empty'),
  })
  .describe('Anything else that reports, by its name.');

/** Its restarts are told apart by the restart id, the ereports of one restart by their ENAs. */
export const Reporter = z
  .discriminatedUnion('type', [ServiceProcessor, HostOs, Source], {
    error: ({ code }) => (code === 'invalid_union' ? 'must be sp, host or source' : undefined),
  })
  .meta({ id: 'Reporter', description: 'Who reports, one of three kinds.' });
export type Reporter = z.output<typeof Reporter>;

const name = text(MAX_EREPORT_NAME).min(1, 'must not be empty');

export const EreportInput = z
  .strictObject({
    restartId: Id.describe('Made by the reporter each time that it starts.'),
    ena: Ena.describe('What numbers the ereports of one restart; `0x…` or decimal.'),
    reporter: Reporter,
    class: name
      .nullish()
      .describe('Without it, `k` or `class` of the body; of a loss record, what it says of `lost`.'),
    serialNumber: name.nullish().describe('Without it, `baseboard_serial_number` of the body.'),
    partNumber: name.nullish().describe('Without it, `baseboard_part_number` of the body.'),
    timeCollected: Moment.nullish().describe('Without it, or if it lies ahead, the time of its arrival.'),
    body: anyObject().default({}).describe('All that was reported, as it was.'),
    // What an ereport has that was read, so that it may be sent again.
    markedSeenIn: z.unknown().optional(),
    setAside: z.unknown().optional(),
  })
  .meta({ id: 'EreportInput', description: 'A report that something went wrong, by whom it happened to.' });

/** An ereport as it is kept; null where what was sent does not tell. */
export interface Ereport {
  restartId: string;
  ena: string;
  reporter: Reporter;
  class: string | null;
  serialNumber: string | null;
  partNumber: string | null;
  timeCollected: string | null;
  body: JsonObject;
}

/** Keeps what is incomplete with what it has, and says what is malformed. Never throws, whatever the value is. */
export function readEreport(value: unknown): { ereport: Ereport } | { faults: Fault[] } {
  const faults = new Faults();
  const parsed = EreportInput.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    faults.addZod(parsed.error);
    return { faults: faults.list };
  }
  const { restartId, ena, reporter, timeCollected = null, body, ...given } = parsed.data;
  if (!isBoundedJson(body, ['body'], faults)) return { faults: faults.list };
  const ereport = {
    restartId,
    ena,
    reporter,
    class: given.class ?? classIn(body, faults),
    serialNumber: given.serialNumber ?? nameIn(body, 'baseboard_serial_number', faults),
    partNumber: given.partNumber ?? nameIn(body, 'baseboard_part_number', faults),
    timeCollected,
    body,
  };
  return faults.list.length > 0 ? { faults: faults.list } : { ereport };
}

/** `k`, for kind, saves a reporter four bytes. One that is not a text is kept in the body, and says nothing. */
function classIn(body: JsonObject, faults: Faults): string | null {
  const key = ['k', 'class'].find((one) => Object.hasOwn(body, one));
  if (key !== undefined) return nameIn(body, key, faults);
  if (!Object.hasOwn(body, 'lost')) return null;
  // A loss record: how many ereports are lost before this one, or null when the reporter can't tell.
  if (body.lost === null) return 'ereport.data_loss.possible';
  return typeof body.lost === 'number' ? 'ereport.data_loss.certain' : null;
}

function nameIn(body: JsonObject, key: string, faults: Faults): string | null {
  const value = Object.hasOwn(body, key) ? body[key] : null;
  if (typeof value !== 'string' || value === '') return null;
  const parsed = name.safeParse(value);
  if (parsed.success) return parsed.data;
  faults.addZod(parsed.error, ['body', key]);
  return null;
}

/** What became of an ereport that an analysis has read, and that is in no case. */
export const SET_ASIDE = ['not-understood', 'ignored', 'undecided'] as const;
export type SetAside = (typeof SET_ASIDE)[number];

export const EreportView = z
  .object({
    restartId: Id,
    ena: Ena,
    reporter: Reporter,
    class: z.string().nullable(),
    serialNumber: z.string().nullable(),
    partNumber: z.string().nullable(),
    timeCollected: z.iso.datetime(),
    body: anyObject(),
    markedSeenIn: Id.nullable().describe('The sitrep that first took account of it; null while none has.'),
    setAside: z
      .enum(SET_ASIDE)
      .nullable()
      .describe(
        'That it was read and is in no case: no engine understood it, or one said that it needs none. An undecided one ' +
          'is read again, since an engine failed that might have read it.',
      ),
  })
  .meta({ id: 'Ereport' });
export type EreportView = z.output<typeof EreportView>;
