import type { NewTokenView, TokenView } from '../../model/token.ts';
import { age, moment, type Style } from './style.ts';
import { table } from './table.ts';

export function tokensInWords(tokens: TokenView[], style: Style): string {
  const columns = [
    { head: 'ID' },
    { head: 'NAME', cut: true as const },
    { head: 'ROLE' },
    { head: 'AGE', align: 'right' as const },
    { head: 'LAST USED' },
    { head: 'EXPIRES', optional: true as const },
  ];
  const rows = tokens.map((token) => [
    token.id,
    token.name,
    token.role,
    age(token.timeCreated, style.now),
    token.timeLastUsed === null ? 'never' : `${age(token.timeLastUsed, style.now)} ago`,
    expiryInWords(token, style),
  ]);
  return table(columns, rows, style);
}

function expiryInWords({ timeExpires }: TokenView, { now, paint }: Style): string {
  if (timeExpires === null) return 'never';
  return Date.parse(timeExpires) <= now ? paint('red', 'expired') : moment(timeExpires);
}

export function newTokenInWords({ name, role, timeExpires, token }: NewTokenView, { paint }: Style): string {
  const until = timeExpires === null ? 'until it is revoked' : `until ${moment(timeExpires)}`;
  return [
    `The token ${name} has the role ${role}, and is taken ${until}. It is not shown again:`,
    '',
    `  ${paint('bold', token)}`,
    '',
    'Commands take it from SITREP_TOKEN, and the API as `Authorization: Bearer …`.',
  ].join('\n');
}

export function revocationInWords(nameOrId: string): string {
  return `The token ${nameOrId} is revoked; each API refuses it within five seconds.`;
}
