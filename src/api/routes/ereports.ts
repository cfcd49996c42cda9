import { z } from 'zod';
import { ClassGlob } from '../../model/class-glob.ts';
import { Ena } from '../../model/ena.ts';
import { EreportInput, EreportView } from '../../model/ereport.ts';
import { EreportBatch, IngestView } from '../../model/ereport-batch.ts';
import { Id } from '../../model/id.ts';
import { MAX_EREPORT_NAME, MAX_EREPORTS } from '../../model/limits.ts';
import { Problem } from '../../model/problem.ts';
import { text } from '../../model/text.ts';
import { listEreports, readEreport } from '../../store/ereport-read.ts';
import { ingest } from '../ingest.ts';
import { given, paging, time, yesOrNo } from '../parameters.ts';
import { type Route, route } from '../route.ts';

const submit = route({
  method: 'POST',
  path: '/v1/ereports',
  needs: 'report',
  tag: 'Ereports',
  summary: 'Submit ereports, one or a batch',
  description:
    `One or a list as JSON, or one a line as NDJSON (\`application/x-ndjson\`), up to ${MAX_EREPORTS} at once. ` +
    'Each is taken for itself: what is malformed is refused, the rest is written, all of it or, should the service ' +
    'fail, none. An ereport is there once, however often it is sent: under a restart id and ENA that are known it ' +
    'counts as known, and what came first stays, whatever its body is now.',
  body: EreportBatch,
  line: EreportInput,
  answers: {
    200: {
      description: 'All or some of them are there now; `refused` counts the others.',
      schema: IngestView,
    },
  },
  problems: ['malformed-json', 'body-too-large', 'request-timeout', 'invalid-ereports', 'unavailable'],
  handle: (service, { body, inLines }) => ingest(service, body, inLines),
});

const list = route({
  method: 'GET',
  path: '/v1/ereports',
  needs: 'read',
  tag: 'Ereports',
  summary: 'List ereports, those first that were collected last',
  query: z.strictObject({
    class: ClassGlob.optional().describe(
      'Only those of this class. `*` stands for one of its segments, `**` for one or more.',
    ),
    serial: text(MAX_EREPORT_NAME).optional().describe('Only those with this serial number.'),
    since: time('Only those collected at this time or later.').optional(),
    until: time('Only those collected before this time.').optional(),
    seen: yesOrNo('Only those that a committed sitrep has taken account of, or only the others.').optional(),
    ...paging,
  }),
  answers: {
    200: {
      description: 'One page.',
      schema: z
        .object({ items: z.array(EreportView), nextCursor: z.string().nullable() })
        .meta({ id: 'EreportPage' }),
    },
  },
  problems: ['unavailable'],
  async handle({ pool }, { query }) {
    return { status: 200, body: await listEreports(pool, given(query)) };
  },
});

const read = route({
  method: 'GET',
  path: '/v1/ereports/{restartId}/{ena}',
  needs: 'read',
  tag: 'Ereports',
  summary: 'Read an ereport',
  params: z.strictObject({
    restartId: Id.describe('The restart of its reporter.'),
    ena: Ena.describe('Its number in that restart, `0x…` or decimal.'),
  }),
  answers: { 200: { description: 'The ereport.', schema: EreportView } },
  problems: ['not-found', 'unavailable'],
  async handle({ pool }, { params }) {
    const body = await readEreport(pool, params);
    if (body) return { status: 200, body };
    throw new Problem('not-found', `There is no ereport ${params.ena} of restart ${params.restartId}.`);
  },
});

export const EREPORT_ROUTES: Route[] = [submit, list, read];
