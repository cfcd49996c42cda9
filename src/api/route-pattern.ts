import type { FastifyRequest } from 'fastify';

/** The route of a request as OpenAPI has it, `/v1/alerts/{id}`: unlike paths there are few of them. */
export function routeOf({ routeOptions }: FastifyRequest): string {
  return routeOptions.url?.replaceAll(/:(\w+)/g, '{$1}') ?? 'none';
}
