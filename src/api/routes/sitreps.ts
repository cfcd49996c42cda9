import { z } from 'zod';
import { STORED_STATES } from '../../model/lifecycle.ts';
import { Problem } from '../../model/problem.ts';
import { SitrepInput } from '../../model/sitrep.ts';
import { SitrepHeading, SitrepView, SubmissionView } from '../../model/views.ts';
import { listSitreps, streamSitrep } from '../../store/sitrep-read.ts';
import { given, paging, SitrepParameter } from '../parameters.ts';
import { type Route, route } from '../route.ts';
import { submit } from '../submit.ts';

/** A sitrep comes from the store as text, and is sent as it comes. */
const JSON_TEXT = { 'content-type': 'application/json; charset=utf-8' };

const LOCATION = { Location: 'Where the sitrep is read.' };

const submitRoute = route({
  method: 'POST',
  path: '/v1/sitreps',
  tag: 'Sitreps',
  summary: 'Submit a sitrep',
  description:
    'Answers once it is decided whether the sitrep becomes current, which is awaited for up to 10 seconds. ' +
    'Sent again under the same id, the same document is the same submission.',
  body: SitrepInput,
  answers: {
    201: { description: 'It has become current.', schema: SubmissionView, headers: LOCATION },
    200: {
      description: 'The same document was submitted before; this is what has become of it.',
      schema: SubmissionView,
    },
    202: {
      description: 'It is not decided yet. Ask where it is read, or submit it again.',
      schema: SubmissionView,
      headers: LOCATION,
    },
  },
  problems: [
    'malformed-json',
    'parent-not-current',
    'sitrep-id-reused',
    'request-id-used',
    'sitrep-gone',
    'body-too-large',
    'request-timeout',
    'invalid-sitrep',
    'unavailable',
  ],
  handle: (service, { body }) => submit(service, body),
});

const list = route({
  method: 'GET',
  path: '/v1/sitreps',
  tag: 'Sitreps',
  summary: 'List sitreps, newest first',
  description: 'Those in history, those that wait to be decided, and those that have lost.',
  query: z.strictObject({
    state: z
      .enum(STORED_STATES, `must be one of ${STORED_STATES.join(', ')}`)
      .optional()
      .describe('Only sitreps in this state.'),
    ...paging,
  }),
  answers: {
    200: {
      description: 'One page.',
      schema: z
        .object({ items: z.array(SitrepHeading), nextCursor: z.string().nullable() })
        .meta({ id: 'SitrepPage' }),
    },
  },
  problems: ['unavailable'],
  async handle({ pool }, { query }) {
    return { status: 200, body: await listSitreps(pool, given(query)) };
  },
});

const current = route({
  method: 'GET',
  path: '/v1/sitreps/current',
  tag: 'Sitreps',
  summary: 'Read the current sitrep',
  answers: { 200: { description: 'The current sitrep, whole.', schema: SitrepView } },
  problems: ['not-found', 'unavailable'],
  async handle({ pool }) {
    const body = await streamSitrep(pool, 'current');
    if (body) return { status: 200, headers: JSON_TEXT, body };
    throw new Problem(
      'not-found',
      'There is no current sitrep: the first one, with a null parent, is still to come.',
    );
  },
});

const read = route({
  method: 'GET',
  path: '/v1/sitreps/{sitrep}',
  tag: 'Sitreps',
  summary: 'Read a sitrep by its id or its version',
  params: z.strictObject({ sitrep: SitrepParameter }),
  answers: { 200: { description: 'The sitrep, whole.', schema: SitrepView } },
  problems: ['not-found', 'unavailable'],
  async handle({ pool }, { params: { sitrep } }) {
    const body = await streamSitrep(pool, sitrep);
    if (body) return { status: 200, headers: JSON_TEXT, body };
    const detail =
      'id' in sitrep
        ? `There is no sitrep ${sitrep.id}: it was never submitted, was refused, or has been collected.`
        : `There is no version ${sitrep.version}: history has not come so far, or it has been pruned.`;
    throw new Problem('not-found', detail);
  },
});

export const SITREP_ROUTES: Route[] = [submitRoute, list, current, read];
