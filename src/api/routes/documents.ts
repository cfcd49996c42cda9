import { z } from 'zod';
import { type Route, route } from '../route.ts';

/** Where a person reads about the API in a browser. */
export const REFERENCE = '/reference';

const openApi = route({
  method: 'GET',
  path: '/openapi.json',
  needs: 'nothing',
  tag: 'Upkeep',
  summary: 'This API as OpenAPI 3.1',
  answers: { 200: { description: 'The OpenAPI document.', schema: z.looseObject({ openapi: z.string() }) } },
  problems: [],
  handle: ({ openApi }) => ({ status: 200, body: openApi }),
});

const root = route({
  method: 'GET',
  path: '/',
  needs: 'nothing',
  tag: 'Upkeep',
  summary: 'Go to the reference, for people',
  answers: { 302: { description: 'To /reference/.', headers: { Location: 'The reference.' } } },
  problems: [],
  handle: () => ({ status: 302, headers: { location: `${REFERENCE}/` } }),
});

export const DOCUMENT_ROUTES: Route[] = [openApi, root];
