import { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import { buildProgram } from '../src/cli/program.ts';
import { Settings } from '../src/model/settings.ts';

const INTRODUCTION = `<!-- Made by \`npm run docs\`; edit src/cli/program.ts and scripts/cli-docs.ts instead. -->

# The \`sitrep\` command

In a checkout it is run as \`npx sitrep\`. All commands but \`up\`, \`serve\`, \`migrate\` and \`doctor\` talk to the HTTP
API, which they find by \`SITREP_URL\`, and show it \`SITREP_TOKEN\`; the token of a local stack they find by themselves, in its data
folder. [access.md](access.md) says more.

- **Output.** Data goes to stdout; whatever is said beside it goes to stderr. \`-o json\` prints data as the API gave
  it, and a problem as a problem document (RFC 9457) on stderr. Tables fit the terminal and never cut an id; piped
  into another program they are not cut at all.
- **Exit codes.** 0: done. 1: refused or failed, an orphaned sitrep included, and a \`doctor\` that leaves
  something to be mended. 2: wrong usage.
- **Sitreps** are named by their id, by their version in history (\`v12\`), or as \`current\`; **receivers** by their
  name or their id.

## Typical ways

Submit a sitrep, and see what it caused:

\`\`\`sh
sitrep submit examples/sitreps/1-psu-removed.json
sitrep current
sitrep alerts list -o json | jq -r '.items[].id'
\`\`\`

Submit what machines have reported, and see it; once more, and all of it is known:

\`\`\`sh
sitrep ereports submit examples/ereports/psu-remove.json
cat ereports.ndjson | sitrep ereports submit -      # one a line, any number of them
sitrep ereports list --class 'hw.*.psu' --since 2h
\`\`\`

Go on from what is current. If another sitrep becomes current meanwhile, the submission is refused, and nothing is
lost: read again, edit again.

\`\`\`sh
sitrep show current -o json > next.json
# edit next.json
sitrep submit --as-child next.json
sitrep diff v1 current
\`\`\`

See what has lost:

\`\`\`sh
sitrep history --state orphaned
\`\`\`

Ask why an alert exists, and what the analysis saw that asked for it:

\`\`\`sh
sitrep why 01a1f801-ccf0-7000-8000-0000000000c8   # alert, sitrep that asked, case, ereports
sitrep report v12
\`\`\`

See what engines, or rules, that were changed since would have made of what was reported then. Nothing is written, and
with \`-o json\` each version is one line:

\`\`\`sh
sitrep rediagnose --from v1
sitrep rediagnose --from v1 -o json | jq 'select(.outcome == "different") | .version'
\`\`\`

Tell somebody of alerts, and look after it; [webhooks.md](webhooks.md) says more:

\`\`\`sh
sitrep receivers add watch https://watch.example/sitrep --subscribe '**'   # prints the secret, this once
sitrep receivers probe watch
sitrep deliveries list --receiver watch --state failed
sitrep deliveries resend --failed --receiver watch --since 12h
\`\`\`

Hear of them on this machine. With \`-o json\` each delivery is one line:

\`\`\`sh
sitrep listen -o json | jq 'select(.verified) | .message'
\`\`\`

After a restore, or when something seems to be amiss; [backup.md](backup.md) says what is looked for:

\`\`\`sh
sitrep doctor          # says what is wrong, and ends with 1 if anything is
sitrep doctor --fix
\`\`\`

A document without an id gets one before it is first sent. So when the answer is lost, the command sends the same
submission again, and it never counts twice. It tries five times within seconds; after that it prints the id, with
which you can submit the document again yourself.
`;

/** docs/cli.md, from the program itself. */
export function cliDocs(): string {
  const pages = commandsOf(buildProgram(nobody(), () => {})).map(page);
  return [INTRODUCTION, ENVIRONMENT, ...pages].join('\n');
}

const ENVIRONMENT = `## Environment

${Object.entries(Settings.shape)
  .map(([name, schema]) => `- \`${name}\`${defaultOf(schema.parse(undefined))}: ${schema.description ?? ''}`)
  .join('\n')}
- \`DATABASE_URL\`: a Postgres that runs elsewhere. \`up\` brings its own without it; \`serve\`, \`migrate\`
  and \`doctor\` need it.
- \`TEMPORAL_ADDRESS\`, \`TEMPORAL_NAMESPACE\`, \`TEMPORAL_PROFILE\` and their like: a Temporal that runs elsewhere, as
  Temporal's own tools take it, configuration file included. \`up\` brings its own without it; \`serve\` and
  \`doctor\` need it.
- \`NO_COLOR\`: set to anything, it turns colours off.
`;

function defaultOf(value: string | number | undefined): string {
  return value === '' || value === undefined ? '' : ` (\`${value}\`)`;
}

function commandsOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(commandsOf)];
}

function page(command: Command): string {
  let help = '';
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  return `## ${nameOf(command)}\n\n\`\`\`text\n${help.trim()}\n\`\`\`\n`;
}

function nameOf(command: Command): string {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}

function nobody() {
  return { env: {}, stdin: Readable.from([]), stdout: new Writable(), stderr: new Writable() };
}
