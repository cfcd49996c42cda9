import { z } from 'zod';
import { Id } from './id.ts';

/** Who changes something. */
export interface Actor {
  /** Null for those that have no token; their names are in parentheses, which no token's name can have. */
  tokenId: string | null;
  name: string;
}

/** Whoever reaches an API that asks for no token. */
export const ANYBODY: Actor = { tokenId: null, name: '(anybody)' };
/** Whoever has the database itself. */
export const DATABASE_OWNER: Actor = { tokenId: null, name: '(database)' };

/** What an operator or an admin can do that is put on record, with what its thing is. */
export const ACTIONS = {
  'alert.deleted': 'the id of the alert',
  'receiver.created': 'the id of the receiver',
  'receiver.changed': 'the id of the receiver',
  'receiver.deleted': 'the id of the receiver',
  'receiver.secret-rotated': 'the id of the receiver',
  'receiver.probed': 'the id of the receiver',
  'receiver.resent': 'the id of the receiver to which all that failed or was skipped is sent again',
  'delivery.resent': 'the id of the delivery',
  'configuration.set': '`configuration`',
  'tend.run': '`tend`; asked for, whether or not it then ran',
  'token.created': 'the id of the token',
  'token.revoked': 'the id of the token',
} as const;
export type Action = keyof typeof ACTIONS;
export const ACTION_NAMES = Object.keys(ACTIONS) as Action[];

const state = z.record(z.string(), z.unknown()).nullable();

export const AuditView = z
  .object({
    id: Id,
    timeCreated: z.iso.datetime(),
    tokenId: Id.nullable().describe('Null where it was done without a token.'),
    actor: z
      .string()
      .describe(
        `The name of the token. \`${ANYBODY.name}\`: authentication was off; \`${DATABASE_OWNER.name}\`: it was done in the database.`,
      ),
    action: z.enum(ACTION_NAMES),
    thing: z.string().describe('What it was done to: an id, or its name where there is only one.'),
    before: state.describe('How the thing was, as far as it matters; null where it was not there.'),
    after: state.describe('How it is then; null where it is not there any more.'),
  })
  .meta({ id: 'AuditEntry' });
export type AuditView = z.output<typeof AuditView>;
