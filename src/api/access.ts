import type { FastifyRequest } from 'fastify';
import { mayDo, type Permission, rolesFor } from '../model/access.ts';
import type { Actor } from '../model/audit.ts';
import { Problem } from '../model/problem.ts';
import type { Holder } from '../store/token.ts';
import type { Route } from './route.ts';
import type { TokenMemory } from './token-memory.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; known as soon as it is decided that they may. */
    actor: Actor;
  }
}

type Guarded = Pick<Route, 'method' | 'path'> & { needs: Permission };

/** Who asks, if they may; else a problem that names what is needed. */
export async function letIn(request: FastifyRequest, route: Guarded, tokens: TokenMemory): Promise<Actor> {
  const { id, name, role } = await holderOf(request, route, tokens);
  if (mayDo(role, route.needs)) return { tokenId: id, name };
  const roles = rolesFor(route.needs);
  throw new Problem(
    'forbidden',
    `The token ${name} has the role ${role}; ${nameOf(route)} takes ${inWords(roles)}.`,
    { role, needed: route.needs, roles },
  );
}

const BEARER = /^Bearer +([!-~]+) *$/i;

async function holderOf({ headers }: FastifyRequest, route: Guarded, tokens: TokenMemory): Promise<Holder> {
  const { authorization } = headers;
  if (authorization === undefined) throw unauthenticated(route, 'The request has no token.');
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) throw unauthenticated(route, 'The Authorization header is no bearer token.');
  const holder = await tokens.holderOf(token);
  if (!holder) {
    throw unauthenticated(route, 'Nothing is known of this token: it was never made, or was revoked.');
  }
  if (holder.secondsLeft !== null && holder.secondsLeft <= 0) {
    throw unauthenticated(route, `The token ${holder.name} has expired.`);
  }
  return holder;
}

function unauthenticated(route: Guarded, what: string): Problem {
  const roles = rolesFor(route.needs);
  return new Problem(
    'unauthenticated',
    `${what} ${nameOf(route)} takes \`Authorization: Bearer sitrep_…\`, with the role ${inWords(roles)}.`,
    { needed: route.needs, roles },
  );
}

function nameOf({ method, path }: Guarded): string {
  return `${method} ${path}`;
}

/** `viewer, reporter or admin`. */
export function inWords(roles: readonly string[]): string {
  const last = roles.at(-1) ?? '';
  return roles.length > 1 ? `${roles.slice(0, -1).join(', ')} or ${last}` : last;
}
