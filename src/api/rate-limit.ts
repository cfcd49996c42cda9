import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../model/problem.ts';
import type { Route } from './route.ts';

/** Requests a minute that a token may make to one API process, by what they are. */
export interface RateLimits {
  reads: number;
  reports: number;
  changes: number;
}
type Kind = keyof RateLimits;

const A_MINUTE = 60_000;

/** Counts requests in this process's memory: a limit keeps one client from taking all, and need not be exact. */
export async function countRequests(app: FastifyInstance, limits: RateLimits) {
  await app.register(rateLimit, { global: false });
  const counterOf = (max: number) =>
    app.createRateLimit({ max, timeWindow: A_MINUTE, keyGenerator: ({ actor }) => actor.name });
  const counters = {
    reads: counterOf(limits.reads),
    reports: counterOf(limits.reports),
    changes: counterOf(limits.changes),
  };
  /** Throws a problem when there were too many of this kind within a minute. */
  return async (request: FastifyRequest, route: Route): Promise<void> => {
    const kind = kindOf(route);
    const counted = await counters[kind](request);
    if (counted.isAllowed || !counted.isExceeded) return;
    const { max, ttlInSeconds } = counted;
    throw new Problem(
      'too-many-requests',
      `The token ${request.actor.name} may make ${max} ${kind} a minute. Go on in ${ttlInSeconds} s.`,
      { retryAfterSeconds: ttlInSeconds },
    );
  };
}

function kindOf({ needs, method }: Route): Kind {
  if (needs === 'report') return 'reports';
  return method === 'GET' ? 'reads' : 'changes';
}
