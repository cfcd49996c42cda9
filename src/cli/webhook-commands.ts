import { type Command, Option } from 'commander';
import { DELIVERY_STATES } from '../model/delivery.ts';
import { collected, count, duration, port, retryDelays, SINCE, since, uuid } from './arguments.ts';
import { listDeliveries, resend, showDelivery } from './delivery-verbs.ts';
import {
  addReceiver,
  listReceivers,
  probeReceiver,
  removeReceiver,
  rotateSecret,
  showReceiver,
  updateReceiver,
} from './receiver-verbs.ts';
import type { Run } from './session.ts';

// The part of the program that is about telling others of alerts.

const RECEIVER = 'the name or the id of the receiver';
const SCHEDULE = 'how long to wait before each attempt, the first included, such as 0,5s,5m,2h';

export function addReceivers(program: Command, run: Run): void {
  const receivers = program
    .command('receivers')
    .description('say who hears of alerts, by signed webhooks')
    .addHelpText('after', PATTERNS);
  receivers
    .command('add')
    .description('make a receiver; its secret is shown this once')
    .argument('<name>', 'what it is called: lower-case letters, digits, - and _')
    .argument('<endpoint>', 'the http or https URL that deliveries are sent to')
    .option('--subscribe <pattern>', 'what it hears of; may be given more than once', collected)
    .option('--description <text>', 'who that is')
    .option('--disabled', 'send it nothing yet')
    .option('--retry-delays <delays>', SCHEDULE, retryDelays)
    .addHelpText('after', PATTERNS)
    .action((name, endpoint, options) => run((session) => addReceiver(session, name, endpoint, options)));
  receivers
    .command('list')
    .description('list receivers, newest first')
    .option('--limit <n>', 'how many at most', count, 20)
    .action((options) => run((session) => listReceivers(session, options)));
  receivers
    .command('show')
    .description('show a receiver: what it hears of, how it fares, which secrets sign')
    .argument('<receiver>', RECEIVER)
    .action((ref) => run((session) => showReceiver(session, ref)));
  receivers
    .command('update')
    .description('change a receiver; what is not named stays')
    .argument('<receiver>', RECEIVER)
    .option('--name <name>', 'what it is called from now on')
    .option('--endpoint <url>', 'where deliveries are sent to from now on')
    .option('--description <text>', 'who that is')
    .addOption(new Option('--enable', 'send it what comes from now on').conflicts('disable'))
    .option('--disable', 'send it nothing; what is pending, and what comes meanwhile, is listed as skipped')
    .option(
      '--subscribe <pattern>',
      'what it hears of beside the rest; may be given more than once',
      collected,
    )
    .option('--unsubscribe <pattern>', 'one of its patterns; may be given more than once', collected)
    .option('--retry-delays <delays>', SCHEDULE, retryDelays)
    .addHelpText('after', PATTERNS)
    .action((ref, options) => run((session) => updateReceiver(session, ref, options)));
  receivers
    .command('remove')
    .description('remove a receiver, what is pending for it, and the record of its deliveries')
    .argument('<receiver>', RECEIVER)
    .action((ref) => run((session) => removeReceiver(session, ref)));
  receivers
    .command('probe')
    .description('send a signed test delivery now, and say how it went')
    .argument('<receiver>', RECEIVER)
    .option(
      '--resend-since <time>',
      `if it is accepted, send again what failed or was skipped since ${SINCE}`,
      since,
    )
    .action((ref, options) => run((session) => probeReceiver(session, ref, options)));
  receivers
    .command('rotate-secret')
    .description('give a receiver a new secret, which is shown this once')
    .argument('<receiver>', RECEIVER)
    .addOption(
      new Option('--keep <duration>', 'for so long the one before it signs as well')
        .argParser(duration)
        .default(A_DAY, '1d'),
    )
    .action((ref, options) => run((session) => rotateSecret(session, ref, options)));
}

const A_DAY = 86_400;

const PATTERNS = `
A pattern is an alert class, or a glob over its segments, which dots separate: * is one, ** one or more. Quote it,
or the shell takes it for files. Test classes (test.…) only come to patterns that begin with test.
  sitrep receivers add watch https://watch.example/sitrep --subscribe '**'
  sitrep receivers update watch --unsubscribe '**' --subscribe 'hardware.*.psu.*'`;

export function addDeliveries(program: Command, run: Run): void {
  const deliveries = program
    .command('deliveries')
    .description('see what was sent to whom, and send it again');
  deliveries
    .command('list')
    .description('list deliveries, newest first')
    .addOption(new Option('--state <state>', 'only those in this state').choices(DELIVERY_STATES))
    .option('--receiver <receiver>', `only those to this one: ${RECEIVER}`)
    .option('--alert <id>', 'only those of this alert', uuid)
    .option('--limit <n>', 'how many at most', count, 20)
    .action((options) => run((session) => listDeliveries(session, options)));
  deliveries
    .command('show')
    .description('show a delivery with its attempts')
    .argument('<id>', 'the id of the delivery', uuid)
    .action((id) => run((session) => showDelivery(session, id)));
  deliveries
    .command('resend')
    .description('send a delivery again, or all that failed or were skipped')
    .argument('[id]', 'the id of the delivery', uuid)
    .option('--failed', 'all that failed or were skipped, unless delivered after all')
    .option('--receiver <receiver>', `to whom: ${RECEIVER}`)
    .option('--since <time>', SINCE, since)
    .addHelpText('after', RESEND_EXAMPLE)
    .action((id, options) => run((session) => resend(session, id, options)));
}

const RESEND_EXAMPLE = `
When a receiver is back after a bad night:
  sitrep deliveries resend --failed --receiver watch --since 12h`;

export function addListen(program: Command, run: Run): void {
  program
    .command('listen')
    .description('be a receiver on this machine: verify and print what comes in, until Ctrl-C')
    .option(
      '--subscribe <pattern>',
      "what to hear of (default: '**' and 'test.**'); may be given more than once",
      collected,
    )
    .option('--port <n>', 'where to listen on 127.0.0.1 (default: any that is free)', port)
    .option('--payload', 'print each message whole')
    .action((options) => run(async (session) => (await import('./listen.ts')).listen(session, options)));
}
