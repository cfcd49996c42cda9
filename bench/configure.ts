import type pg from 'pg';
import { Configuration } from '../src/model/configuration.ts';
import { readConfiguration, setConfiguration } from '../src/store/configuration.ts';

/** Sets fields of the configuration; those left out stay as they are. */
export async function configure(pool: pg.Pool, fields: Partial<Configuration>): Promise<void> {
  const { version, configuration } = await readConfiguration(pool);
  const change = {
    expectedVersion: version,
    author: 'bench',
    comment: '',
    configuration: Configuration.parse({ ...configuration, ...fields }),
  };
  const { kind } = await setConfiguration(pool, change);
  if (kind !== 'inForce') throw new Error(`The configuration was not set: ${kind}.`);
}
