import { z } from 'zod';
import {
  ConfigurationChange,
  ConfigurationHeading,
  ConfigurationView,
  StoredConfigurationView,
} from '../../model/configuration.ts';
import { Problem } from '../../model/problem.ts';
import {
  listConfigurations,
  readConfiguration,
  readConfigurationVersion,
  setConfiguration,
} from '../../store/configuration.ts';
import { readBody } from '../json-body.ts';
import { configurationVersion, given, paging } from '../parameters.ts';
import { type Route, route } from '../route.ts';

const read = route({
  method: 'GET',
  path: '/v1/configuration',
  needs: 'read',
  tag: 'Configuration',
  summary: 'Read the configuration in force',
  answers: { 200: { description: 'The configuration, and who set it.', schema: ConfigurationView } },
  problems: ['unavailable'],
  async handle({ pool }) {
    return { status: 200, body: await readConfiguration(pool) };
  },
});

const set = route({
  method: 'PUT',
  path: '/v1/configuration',
  needs: 'operate',
  tag: 'Configuration',
  summary: 'Set the configuration',
  description:
    'As a whole: what is left out has its default. It is in force from the answer on, without a restart. What says the same as what is in force makes no new version.',
  body: ConfigurationChange,
  answers: { 200: { description: 'The configuration as it is now.', schema: ConfigurationView } },
  problems: [
    'malformed-json',
    'configuration-changed',
    'body-too-large',
    'request-timeout',
    'invalid-body',
    'unavailable',
  ],
  async handle({ pool, analysis }, { body, by }) {
    const change = readBody(ConfigurationChange, body);
    const outcome = await setConfiguration(pool, change, by);
    if (outcome.kind === 'inForce') {
      // It may have been off, or have to look sooner.
      analysis.wake();
      return { status: 200, body: outcome.view };
    }
    const { newest } = outcome;
    const detail = `The newest version is ${newest}, not ${change.expectedVersion}. Read it, and decide anew.`;
    throw new Problem('configuration-changed', detail, { version: newest });
  },
});

const history = route({
  method: 'GET',
  path: '/v1/configuration/history',
  needs: 'read',
  tag: 'Configuration',
  summary: 'List the versions of the configuration, newest first',
  query: z.strictObject(paging),
  answers: {
    200: {
      description: 'One page.',
      schema: z
        .object({ items: z.array(ConfigurationHeading), nextCursor: z.string().nullable() })
        .meta({ id: 'ConfigurationPage' }),
    },
  },
  problems: ['unavailable'],
  async handle({ pool }, { query }) {
    return { status: 200, body: await listConfigurations(pool, given(query)) };
  },
});

const readVersion = route({
  method: 'GET',
  path: '/v1/configuration/history/{version}',
  needs: 'read',
  tag: 'Configuration',
  summary: 'Read a version of the configuration, whether or not it can be in force',
  params: z.strictObject({ version: configurationVersion }),
  answers: { 200: { description: 'The version.', schema: StoredConfigurationView } },
  problems: ['not-found', 'unavailable'],
  async handle({ pool }, { params: { version } }) {
    const stored = await readConfigurationVersion(pool, version);
    if (!stored) throw new Problem('not-found', `There is no version ${version} of the configuration.`);
    return { status: 200, body: stored };
  },
});

export const CONFIGURATION_ROUTES: Route[] = [read, set, history, readVersion];
