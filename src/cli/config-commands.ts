import type { Command } from 'commander';
import { author, count, version } from './arguments.ts';
import { configurationHistory, setConfiguration, showConfiguration } from './config-verbs.ts';
import type { Run } from './session.ts';

// The part of the program that is about what an operator decides.

export function addConfig(program: Command, run: Run): void {
  const config = program
    .command('config')
    .description('see and set what can be changed while all runs')
    .addHelpText('after', EXAMPLES);
  config
    .command('show')
    .description('show the configuration in force, or one that was set before')
    .argument('[version]', 'its version', version)
    .action((shown) => run((session) => showConfiguration(session, shown)));
  config
    .command('set')
    .description('set the configuration, or some fields of it; in force at once, without a restart')
    .argument('<what...>', 'name=value for fields, or a file with the whole as JSON; - reads it from stdin')
    .option('--author <name>', 'who sets it (default: who runs this)', author)
    .option('--comment <text>', 'why')
    .option(
      '--expected-version <n>',
      'set nothing unless this is the newest (default: what was read)',
      version,
    )
    .addHelpText('after', EXAMPLES)
    .action((what, options) => run((session) => setConfiguration(session, what, options)));
  config
    .command('history')
    .description('list what was set, newest first')
    .option('--limit <n>', 'how many at most', count, 20)
    .action((options) => run((session) => configurationHistory(session, options)));
}

const EXAMPLES = `
Change a field; read the whole, edit it, and set it; go back to what was:
  sitrep config set analysisEnabled=false --comment "the shelf is being rebuilt"
  sitrep config show -o json > config.json
  (edit config.json)
  sitrep config set config.json
  sitrep config show 3 -o json | sitrep config set -`;
