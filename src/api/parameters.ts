import { z } from 'zod';
import { Id } from '../model/id.ts';
import { DEFAULT_PAGE, MAX_PAGE } from '../model/limits.ts';
import type { SitrepRef } from '../store/sitrep-read.ts';

/** Up to 15 digits: beyond, neither a double nor a bigint column would hold every version. */
const VERSION = /^v[1-9]\d{0,14}$/;

/** An id or `vN`, as a path names a sitrep. */
export const SitrepParameter = z
  .string()
  .transform((text, context): Exclude<SitrepRef, 'current'> => {
    if (VERSION.test(text)) return { version: Number(text.slice(1)) };
    const id = Id.safeParse(text);
    if (id.success) return { id: id.data };
    context.addIssue({ code: 'custom', message: 'must be a UUID, or v and a version, such as v12' });
    return z.NEVER;
  })
  .describe('The id of a sitrep, or `v` and its version in history, such as `v12`.')
  .meta({
    override: ({ jsonSchema }) => {
      delete jsonSchema.type;
      jsonSchema.anyOf = [
        { type: 'string', format: 'uuid' },
        { type: 'string', pattern: VERSION.source },
      ];
    },
  });

/** `vN`, as a query names a version of history. */
export const version = (what: string) =>
  z
    .string()
    .regex(VERSION, 'must be v and a version, such as v12')
    .transform((text) => Number(text.slice(1)))
    .describe(what)
    .meta({ override: { type: 'string', pattern: VERSION.source } });

// Digits only, as the document says: Number would also take 0x10, 1e2 and blanks.
const limit = z
  .string()
  .regex(/^\d+$/, 'must be a whole number, in digits')
  .transform(Number)
  .pipe(z.number().min(1, 'must be at least 1').max(MAX_PAGE, `must be at most ${MAX_PAGE}`))
  .default(DEFAULT_PAGE)
  .describe('How many items a page has at most.')
  .meta({ override: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE } });

/** A version as a path names it. Up to nine digits: beyond, an integer column would not hold every one. */
export const configurationVersion = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be a version, in digits, such as 12')
  .transform(Number)
  .describe('The version, in digits.')
  .meta({ override: { type: 'integer', minimum: 1, maximum: 999_999_999 } });

const cursor = z
  .string()
  .max(500, 'must be the nextCursor of an earlier page')
  .optional()
  .describe('The `nextCursor` of the page before.');

/** Parameters of every list. */
export const paging = { limit, cursor };

/** The options of a list without those that were not given, which `exactOptionalPropertyTypes` asks for. */
export function given<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

const EPOCH = '1970-01-01T00:00:00.000Z';

/** RFC 3339 on the way in, UTC from there on: Postgres takes neither every offset nor the year 0. */
export const time = (what: string) =>
  z.iso
    .datetime({ offset: true, error: 'must be a date and time as in RFC 3339' })
    .transform((text) => new Date(text).toISOString())
    .refine((text) => text >= EPOCH && text.length === EPOCH.length, 'must be from 1970 on')
    .describe(`${what} RFC 3339.`);

/** One of two, of which neither is meant when it is not given. */
export const yesOrNo = (what: string) =>
  z
    .enum(['true', 'false'], 'must be true or false')
    .transform((value) => value === 'true')
    .describe(what)
    .meta({
      override: ({ jsonSchema }) => {
        delete jsonSchema.enum;
        jsonSchema.type = 'boolean';
      },
    });

export const flag = (what: string) =>
  z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .transform((value) => value === 'true')
    .describe(what)
    .meta({
      override: ({ jsonSchema }) => {
        delete jsonSchema.enum;
        Object.assign(jsonSchema, { type: 'boolean', default: false });
      },
    });
