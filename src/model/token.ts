import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { ROLES } from './access.ts';
import { Id } from './id.ts';
import { Name } from './name.ts';

/** By this a token is recognised where it should not be, such as in a repository. */
const PREFIX = 'sitrep_';
const FORM = /^sitrep_[A-Za-z0-9_-]{43}$/;

/** 256 random bits. */
export function newToken(): string {
  return PREFIX + randomBytes(32).toString('base64url');
}

export function hasTokenForm(text: string): boolean {
  return FORM.test(text);
}

/**
 * How a token rests. A fast hash without salt is enough: what slow and salted ones are for, guessing and tables, is
 * hopeless against 256 random bits.
 */
export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

const A_YEAR = 366 * 86_400;
const Role = z.enum(ROLES, `must be one of ${ROLES.join(', ')}`);

export const TokenInput = z
  .strictObject({
    name: Name.describe('Names it to people, in the audit log for good; unique.'),
    role: Role.describe('What it may be used for.'),
    expiresInSeconds: z
      .int()
      .min(1, 'must be at least 1')
      .max(10 * A_YEAR, `must be at most ${10 * A_YEAR}`)
      .nullable()
      .default(null)
      .describe('For so long it is taken; null for as long as it is not revoked.'),
  })
  .meta({ id: 'TokenInput', description: 'What somebody is to be let in with.' });
export type TokenInput = z.output<typeof TokenInput>;

const Time = z.iso.datetime();

/** A token without what is secret in it. */
export const TokenView = z
  .object({
    id: Id,
    name: z.string(),
    role: z.enum(ROLES),
    timeCreated: Time,
    timeExpires: Time.nullable().describe('From then on it is refused; null if it does not expire.'),
    timeLastUsed: Time.nullable().describe('To within a minute.'),
  })
  .meta({ id: 'Token' });
export type TokenView = z.output<typeof TokenView>;

export const NewTokenView = TokenView.extend({
  token: z.string().describe('`sitrep_` and 32 random bytes. Shown this once, and never again.'),
}).meta({ id: 'NewToken' });
export type NewTokenView = z.output<typeof NewTokenView>;
