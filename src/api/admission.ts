import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ANYBODY } from '../model/audit.ts';
import { letIn } from './access.ts';
import { countRequests } from './rate-limit.ts';
import type { Route } from './route.ts';
import type { Service } from './service.ts';

/** Lets a request go on, and says in it who asks; or throws a problem. */
export type Admit = (route: Route) => (request: FastifyRequest) => Promise<void>;

/** Who may ask, and whether that is often enough for now; decided before anything of a body is read. */
export async function admission(app: FastifyInstance, { guard }: Service): Promise<Admit> {
  app.decorateRequest('actor');
  if (!guard) return () => letAnybodyIn;
  const { tokens, rateLimits } = guard;
  const count = await countRequests(app, rateLimits);
  return (route) => {
    const { needs } = route;
    if (needs === 'nothing') return letAnybodyIn;
    const guarded = { ...route, needs };
    return async (request) => {
      request.actor = await letIn(request, guarded, tokens);
      await count(request, route);
    };
  };
}

async function letAnybodyIn(request: FastifyRequest): Promise<void> {
  request.actor = ANYBODY;
}
