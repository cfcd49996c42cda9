import type { Readable } from 'node:stream';
import { z } from 'zod';
import { AnalysisView } from '../../model/analysis-report.ts';
import { STORED_STATES } from '../../model/lifecycle.ts';
import { RediagnosisPage } from '../../model/rediagnosis.ts';
import { SitrepInput } from '../../model/sitrep.ts';
import { SitrepHeading, SitrepView, SubmissionView } from '../../model/views.ts';
import { listSitreps, type SitrepRef, streamSitrep } from '../../store/sitrep-read.ts';
import { analysisOf, noSuchSitrep } from '../analysis-of.ts';
import { given, paging, SitrepParameter, version } from '../parameters.ts';
import { rediagnose } from '../rediagnose.ts';
import { type Route, route } from '../route.ts';
import type { Service } from '../service.ts';
import { submit } from '../submit.ts';

/** A sitrep comes from the store as text, and is sent as it comes. */
const JSON_TEXT = { 'content-type': 'application/json; charset=utf-8' };

const LOCATION = { Location: 'Where the sitrep is read.' };

const submitRoute = route({
  method: 'POST',
  path: '/v1/sitreps',
  needs: 'report',
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
  needs: 'read',
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
  needs: 'read',
  tag: 'Sitreps',
  summary: 'Read the current sitrep',
  answers: { 200: { description: 'The current sitrep, whole.', schema: SitrepView } },
  problems: ['not-found', 'unavailable'],
  handle: (service) => whole(service, 'current'),
});

const read = route({
  method: 'GET',
  path: '/v1/sitreps/{sitrep}',
  needs: 'read',
  tag: 'Sitreps',
  summary: 'Read a sitrep by its id or its version',
  params: z.strictObject({ sitrep: SitrepParameter }),
  answers: { 200: { description: 'The sitrep, whole.', schema: SitrepView } },
  problems: ['not-found', 'unavailable'],
  handle: (service, { params: { sitrep } }) => whole(service, sitrep),
});

/** Has a connection to Postgres for as long as its client likes to read: so not all of them may be had for this. */
async function whole({ pool, reading }: Service, ref: SitrepRef) {
  const leave = await reading.enter(1);
  let body: Readable | null = null;
  try {
    body = await streamSitrep(pool, ref);
  } finally {
    if (body) body.once('close', leave);
    else leave();
  }
  if (!body) throw noSuchSitrep(ref);
  return { status: 200, headers: JSON_TEXT, body } as const;
}

const report = route({
  method: 'GET',
  path: '/v1/sitreps/{sitrep}/report',
  needs: 'read',
  tag: 'Sitreps',
  summary: 'Read the report of the analysis that made a sitrep',
  description: 'There is none for sitreps that were not made by analysis.',
  params: z.strictObject({ sitrep: SitrepParameter }),
  answers: { 200: { description: 'What it saw, and why it did what it did.', schema: AnalysisView } },
  problems: ['not-found', 'unavailable'],
  async handle({ pool }, { params: { sitrep } }) {
    return { status: 200, body: await analysisOf(pool, sitrep) };
  },
});

const rediagnoseRoute = route({
  method: 'POST',
  path: '/v1/rediagnosis',
  needs: 'operate',
  tag: 'Sitreps',
  summary: 'Diagnose versions once more, with the engines of today',
  description:
    'Runs the engines as they are now, in the configuration that is in force, over the inputs that are kept of each version, and says what would be different in it. Writes nothing. Goes from one version to the next up to the current one; a page ends after a few seconds, and the next one begins at its `nextVersion`.',
  query: z.strictObject({ from: version('The first version, such as `v12`.'), limit: paging.limit }),
  answers: { 200: { description: 'One page of versions.', schema: RediagnosisPage } },
  problems: ['not-found', 'unavailable'],
  async handle({ pool, client }, { query }) {
    return { status: 200, body: await rediagnose(pool, client, query) };
  },
});

export const SITREP_ROUTES: Route[] = [submitRoute, list, current, read, report, rediagnoseRoute];
