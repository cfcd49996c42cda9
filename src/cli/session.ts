import { readSettings, type Settings } from '../model/settings.ts';
import { ApiClient } from './api-client.ts';
import { Misuse } from './failure.ts';
import { tokenOf } from './own-token.ts';
import { type Format, Terminal, type World } from './terminal.ts';

/** What one run of the command works with. */
export interface Session {
  world: World;
  settings: Settings;
  terminal: Terminal;
  client: ApiClient;
}

/** How a verb ended. `failed`: what it printed as data says so already; else it throws. */
export type Outcome = 'done' | 'failed';

/** Runs a verb in a session of its own. */
export type Run = (verb: (session: Session) => Promise<Outcome>) => Promise<void>;

export function openSession(world: World, format: Format): Session {
  const settings = settingsOf(world);
  return {
    world,
    settings,
    terminal: new Terminal(world, format),
    client: new ApiClient(settings.SITREP_URL, {}, tokenOf(settings)),
  };
}

function settingsOf({ env }: World): Settings {
  try {
    return readSettings(env);
  } catch (error) {
    throw new Misuse((error as Error).message);
  }
}
