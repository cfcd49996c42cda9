import { type Command, Option } from 'commander';
import { ROLES } from '../model/access.ts';
import { ACTION_NAMES } from '../model/audit.ts';
import { count, duration, SINCE, since } from './arguments.ts';
import { listAudit } from './audit-verbs.ts';
import type { Run } from './session.ts';
import { createToken, listTokens, revokeToken } from './token-verbs.ts';

// The part of the program that is about who may do what, and who has done what.

export function addTokens(program: Command, run: Run): void {
  const tokens = program
    .command('tokens')
    .description('decide who may do what')
    .addHelpText('after', ROLE_HELP);
  tokens
    .command('create')
    .description('make a token, which is shown this once')
    .argument('<name>', 'names it to people, in the audit log for good')
    .addOption(new Option('--role <role>', 'what it may be used for').choices(ROLES).makeOptionMandatory())
    .option('--expires-in <duration>', 'for so long it is taken (default: until it is revoked)', duration)
    .option('--direct', 'make it in the database of DATABASE_URL, not by the API: the first one is made so')
    .addHelpText('after', ROLE_HELP)
    .action((name, options) => run((session) => createToken(session, name, options)));
  tokens
    .command('list')
    .description('list tokens, newest first; not what they are')
    .option('--limit <n>', 'how many at most', count, 20)
    .option('--direct', 'ask the database of DATABASE_URL, not the API')
    .action((options) => run((session) => listTokens(session, options)));
  tokens
    .command('revoke')
    .description('revoke a token; each API refuses it within five seconds')
    .argument('<token>', 'its name or its id')
    .option(
      '--direct',
      'revoke it in the database of DATABASE_URL, not by the API: after a restore, before APIs start',
    )
    .action((ref, options) => run((session) => revokeToken(session, ref, options)));
}

const ROLE_HELP = `
Roles:
  viewer    looks at everything but tokens and the audit log
  reporter  the same, and sends ereports and sitreps
  operator  looks, and changes alerts, receivers, deliveries and the configuration; runs tend and rediagnose; reads
            the audit log
  admin     all of that, and tokens

The first token of a new installation, where DATABASE_URL names its database:
  sitrep tokens create ada --role admin --direct
Whoever has it sets SITREP_TOKEN to it, and makes the others by the API:
  sitrep tokens create shelf-gateway --role reporter
  sitrep tokens create ci --role operator --expires-in 90d`;

export function addAudit(program: Command, run: Run): void {
  program
    .command('audit')
    .description('see what operators and admins have changed, newest first')
    .option('--actor <name>', 'only what was done with the token of this name')
    .addOption(new Option('--action <action>', 'only what was done so').choices(ACTION_NAMES))
    .option('--thing <id>', 'only what was done to this: an id, configuration or tend')
    .option('--since <time>', `only since then: ${SINCE}`, since)
    .option('--until <time>', `only before: ${SINCE}`, since)
    .option('--limit <n>', 'how many at most', count, 20)
    .addHelpText('after', AUDIT_EXAMPLE)
    .action((options) => run((session) => listAudit(session, options)));
}

const AUDIT_EXAMPLE = `
How each thing was before and after is in the entries themselves:
  sitrep audit --action receiver.changed -o json`;
