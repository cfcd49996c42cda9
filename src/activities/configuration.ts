import { log } from '@temporalio/activity';
import type pg from 'pg';
import { type ConfigurationView, unreadableInWords } from '../model/configuration.ts';
import type { Settings } from '../model/settings.ts';
import { readConfiguration } from '../store/configuration.ts';

/** Reads the configuration in force. Kept nowhere: what was set holds from the next step on. */
export type ConfigurationReader = () => Promise<ConfigurationView>;

/** A reader that says in the log of the worker when it has to pass a version over, once for each. */
export function configurationReader(pool: pg.Pool): ConfigurationReader {
  let toldOf = 0;
  return async () => {
    const view = await readConfiguration(pool);
    const fault = unreadableInWords(view);
    if (fault !== null && view.unreadable && view.unreadable.version > toldOf) {
      toldOf = view.unreadable.version;
      log.warn(fault);
    }
    return view;
  };
}

/** Versions of history to keep: what the environment of this worker says, or else the configuration. */
export async function keptVersions(
  { SITREP_KEEP_VERSIONS }: Settings,
  configuration: ConfigurationReader,
): Promise<number> {
  return SITREP_KEEP_VERSIONS ?? (await configuration()).configuration.keepVersions;
}
