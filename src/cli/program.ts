import { Command, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { STORED_STATES } from '../model/lifecycle.ts';
import { deleteAlert, listAlerts, showAlert, why } from './alert-verbs.ts';
import { rediagnose, report } from './analysis-verbs.ts';
import { count, ena, historyVersion, REF, SINCE, since, sitrepRef, uuid } from './arguments.ts';
import { addConfig } from './config-commands.ts';
import { listEreports, showEreport, submitEreports } from './ereport-verbs.ts';
import { type Outcome, openSession, type Run, type Session } from './session.ts';
import { diff, history, show, submit } from './sitrep-verbs.ts';
import type { Format, World } from './terminal.ts';
import { addAudit, addTokens } from './token-commands.ts';
import { migrate, tend } from './upkeep-verbs.ts';
import { addDeliveries, addListen, addReceivers } from './webhook-commands.ts';

/** The `sitrep` command. `finish` hears how the verb that was run ended. */
export function buildProgram(world: World, finish: (outcome: Outcome) => void): Command {
  const program = new Command('sitrep')
    .description('Situation reports for fleets of machines: each alert exactly once.')
    .version(packageJson.version, '-V, --version')
    .addOption(
      new Option('-o, --output <format>', 'how data is printed').choices(['table', 'json']).default('table'),
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
      getOutHelpWidth: () => world.stdout.columns ?? 100,
      getErrHelpWidth: () => world.stderr.columns ?? 100,
    })
    .showHelpAfterError('Add --help to see how it is used.')
    .addHelpText('after', ENVIRONMENT);

  async function run(verb: (session: Session) => Promise<Outcome>): Promise<void> {
    const { output } = program.opts<{ output: Format }>();
    finish(await verb(openSession(world, output)));
  }

  addLocal(program, run);
  addEreports(program, run);
  addSitreps(program, run);
  addAlerts(program, run);
  addReceivers(program, run);
  addDeliveries(program, run);
  addListen(program, run);
  addConfig(program, run);
  addTokens(program, run);
  addAudit(program, run);
  addUpkeep(program, run);
  return program;
}

const ENVIRONMENT = `
Environment:
  SITREP_URL  where the API is found (default http://127.0.0.1:7480)
  SITREP_TOKEN
              what it is shown (default: what a local stack left in its data folder)
  NO_COLOR    set to anything, it turns colours off

Exit codes: 0 done, 1 refused or failed, 2 wrong usage.`;

function addLocal(program: Command, run: Run): void {
  program
    .command('up')
    .description('run everything on this machine: Postgres, Temporal, worker and API, until Ctrl-C')
    .action(() => run(async (session) => (await import('./up.ts')).up(session)));
}

function addEreports(program: Command, run: Run): void {
  const ereports = program.command('ereports').description('submit ereports, and look at them');
  ereports
    .command('submit')
    .description('submit ereports; those that are known already stay as they are')
    .argument('<file>', 'one, or a list, as JSON, or one a line; - reads it from stdin')
    .action((file) => run((session) => submitEreports(session, file)));
  ereports
    .command('list')
    .description('list ereports, those first that were collected last')
    .option('--class <glob>', 'only those of this class; * is one of its segments, ** one or more')
    .option('--serial <number>', 'only those with this serial number')
    .option('--since <time>', `only those collected since then: ${SINCE}`, since)
    .option('--until <time>', `only those collected before: ${SINCE}`, since)
    .option('--seen', 'only those that a committed sitrep has taken account of')
    .option('--no-seen', 'only the others')
    .option('--limit <n>', 'how many at most', count, 20)
    .action((options) => run((session) => listEreports(session, options)));
  ereports
    .command('show')
    .description('show an ereport with its body')
    .argument('<restart-id>', 'the restart of its reporter', uuid)
    .argument('<ena>', 'its number in that restart, 0x… or decimal', ena)
    .action((restartId, number) => run((session) => showEreport(session, restartId, number)));
}

function addSitreps(program: Command, run: Run): void {
  program
    .command('submit')
    .description('submit a sitrep, and wait until it is decided whether it becomes current')
    .argument('<file>', 'the document as JSON; - reads it from stdin')
    .addOption(
      new Option('--as-child', 'submit what was read and edited as a new child of what it was').conflicts(
        'childOf',
      ),
    )
    .option('--child-of <sitrep>', `submit it as a child of this one: ${REF}`, sitrepRef)
    .addHelpText('after', SUBMIT_EXAMPLES)
    .action((file, options) => run((session) => submit(session, file, options)));
  program
    .command('current')
    .description('show the current sitrep')
    .action(() => run((session) => show(session, 'current')));
  program
    .command('show')
    .description('show a sitrep: its state, its cases, what it requests')
    .argument('<sitrep>', REF, sitrepRef)
    .action((ref) => run((session) => show(session, ref)));
  program
    .command('history')
    .description('list sitreps, newest first')
    .addOption(new Option('--state <state>', 'only those in this state').choices(STORED_STATES))
    .option('--limit <n>', 'how many at most', count, 20)
    .action((options) => run((session) => history(session, options)));
  program
    .command('diff')
    .description('show what changed from one sitrep to another')
    .argument('<from>', REF, sitrepRef)
    .argument('<to>', REF, sitrepRef)
    .action((from, to) => run((session) => diff(session, from, to)));
  program
    .command('report')
    .description('show what the analysis saw that made a sitrep, and why it did what it did')
    .argument('<sitrep>', REF, sitrepRef)
    .action((ref) => run((session) => report(session, ref)));
  program
    .command('rediagnose')
    .description('show what the engines of today would make of what earlier analyses saw; writes nothing')
    .requiredOption(
      '--from <version>',
      'the first version, such as v12; it goes on to the current one',
      historyVersion,
    )
    .action(({ from }) => run((session) => rediagnose(session, from)));
}

const SUBMIT_EXAMPLES = `
Read a sitrep, edit it, and submit it as a child of what was read:
  sitrep show current -o json > next.json
  (edit next.json)
  sitrep submit --as-child next.json`;

function addAlerts(program: Command, run: Run): void {
  const alerts = program.command('alerts').description('look at alerts, and delete them');
  alerts
    .command('list')
    .description('list alerts, newest first')
    .option('--class <class>', 'only those of this class')
    .option('--case <id>', 'only those of this case', uuid)
    .option('--limit <n>', 'how many at most', count, 20)
    .action((options) => run((session) => listAlerts(session, options)));
  alerts
    .command('show')
    .description('show an alert with its payload')
    .argument('<id>', 'the id of the alert', uuid)
    .action((id) => run((session) => showAlert(session, id)));
  alerts
    .command('delete')
    .description('delete an alert for good')
    .argument('<id>', 'the id of the alert', uuid)
    .action((id) => run((session) => deleteAlert(session, id)));
  program
    .command('why')
    .description('tell why an alert exists: what asked for it, and what had been reported')
    .argument('<alert-id>', 'the id of the alert', uuid)
    .action((id) => run((session) => why(session, id)));
}

function addUpkeep(program: Command, run: Run): void {
  program
    .command('tend')
    .description('mend what crashes and lost signals left behind; a schedule does so every five minutes')
    .option('--dry-run', 'only say what would be mended')
    .action((options) => run((session) => tend(session, options)));
  program
    .command('migrate')
    .description('bring the database of DATABASE_URL to the schema of this version')
    .action(() => run(migrate));
  program
    .command('doctor')
    .description('compare Postgres with Temporal, as after a restore, and say what is wrong')
    .option('--fix', 'mend it as well')
    .addHelpText('after', DOCTOR)
    .action((options) => run(async (session) => (await import('./doctor.ts')).doctor(session, options)));
  const serve = program
    .command('serve')
    .description('run one part against the servers of DATABASE_URL and of the Temporal environment');
  serve
    .command('api')
    .description('run the HTTP API')
    .action(() => run(async (session) => (await import('./serve.ts')).serveApi(session)));
  serve
    .command('worker')
    .description('run a worker, which carries sitreps through their lives')
    .action(() => run(async (session) => (await import('./serve.ts')).serveWorker(session)));
}

const DOCTOR = `
It needs what workers are given (DATABASE_URL, the Temporal environment and their settings), and neither workers nor the
API. All may run meanwhile. It ends with 0 if nothing is left to be mended.`;
