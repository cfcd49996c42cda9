import { z } from 'zod';
import packageJson from '../../../package.json' with { type: 'json' };
import { TendReportView } from '../../model/views.ts';
import { record } from '../../store/audit.ts';
import { flag } from '../parameters.ts';
import { readiness } from '../readiness.ts';
import { type Route, route } from '../route.ts';
import { tend } from '../tend.ts';

const tendRoute = route({
  method: 'POST',
  path: '/v1/tend',
  needs: 'operate',
  tag: 'Upkeep',
  summary: 'Heal what crashes and lost signals left behind',
  description:
    'What otherwise runs every five minutes. Waits for up to two minutes for the report; the pass itself goes on.',
  query: z.strictObject({ dryRun: flag('Look only, and change nothing.') }),
  answers: {
    200: { description: 'What was found, and mended unless it was a dry run.', schema: TendReportView },
  },
  problems: ['unavailable'],
  async handle({ client, pool }, { query: { dryRun }, by }) {
    // A dry run changes nothing. Before it begins, so that nothing is done that is not on record.
    if (!dryRun) await record(pool, by, { action: 'tend.run', thing: 'tend' });
    return { status: 200, body: await tend(client, dryRun) };
  },
});

const info = route({
  method: 'GET',
  path: '/v1/info',
  needs: 'read',
  tag: 'Upkeep',
  summary: 'What this service is',
  answers: {
    200: {
      description: 'Its version, and where its workflows can be looked at.',
      schema: z
        .object({
          service: z.literal('sitrep'),
          version: z.string(),
          temporalUiUrl: z.string().nullable().describe('The address of the Temporal UI, where it is known.'),
          namespace: z.string().describe('The namespace of its workflows in Temporal.'),
        })
        .meta({ id: 'ServiceInfo' }),
    },
  },
  problems: [],
  handle({ temporalUiUrl, namespace }) {
    return {
      status: 200,
      body: { service: 'sitrep', version: packageJson.version, temporalUiUrl, namespace },
    };
  },
});

const live = route({
  method: 'GET',
  path: '/livez',
  needs: 'nothing',
  tag: 'Upkeep',
  summary: 'Whether the process answers',
  answers: { 200: { description: 'It does.', schema: z.object({ status: z.literal('alive') }) } },
  problems: [],
  handle: () => ({ status: 200, body: { status: 'alive' } }),
});

const Checks = z.object({
  postgres: z.string(),
  temporal: z.string(),
  workers: z.string(),
  configuration: z.string(),
  authentication: z.string(),
});
const ready = route({
  method: 'GET',
  path: '/readyz',
  needs: 'nothing',
  tag: 'Upkeep',
  summary: 'Whether sitreps can be taken now',
  description:
    'Postgres answers and has a schema that this version works with, Temporal answers, and the API is not being stopped. If not, says what is wrong. That no worker asks for work is said, and so are authentication that is off and a version of the configuration that this version of Sitrep cannot read; none of that makes it less ready.',
  answers: {
    200: { description: 'They can.', schema: z.object({ status: z.literal('ready'), checks: Checks }) },
  },
  problems: ['unavailable'],
  async handle(service) {
    return { status: 200, body: { status: 'ready', checks: await readiness(service) } };
  },
});

export const UPKEEP_ROUTES: Route[] = [tendRoute, info, live, ready];
