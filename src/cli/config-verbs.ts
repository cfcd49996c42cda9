import type { Configuration, ConfigurationView } from '../model/configuration.ts';
import { readJson } from '../model/json.ts';
import { problemType } from '../model/problem.ts';
import { nameOf, readDocument } from './document.ts';
import { Failure, Misuse } from './failure.ts';
import { printPage } from './page.ts';
import type { Outcome, Session } from './session.ts';
import {
  configurationHistoryInWords,
  configurationInWords,
  settingInWords,
  storedInWords,
} from './words/configuration.ts';

export async function showConfiguration(
  { client, terminal }: Session,
  version: number | undefined,
): Promise<Outcome> {
  if (version !== undefined) {
    const stored = await client.configurationVersion(version);
    terminal.data(stored, (style) => storedInWords(stored, style));
    return 'done';
  }
  const view = await client.configuration();
  terminal.data(view, (style) => configurationInWords(view, style));
  return 'done';
}

export async function configurationHistory(
  { client, terminal }: Session,
  { limit }: { limit: number },
): Promise<Outcome> {
  const page = await client.configurations(limit);
  printPage(terminal, page, limit, 'Nothing was set yet; the defaults hold.', configurationHistoryInWords);
  return 'done';
}

export interface SetOptions {
  author?: string;
  comment?: string;
  expectedVersion?: number;
}

/** What is to be set, and the version that whoever wrote it has seen, where that is known. */
interface Wanted {
  configuration: unknown;
  seen?: number;
}

export async function setConfiguration(
  session: Session,
  what: string[],
  { author, comment, expectedVersion }: SetOptions,
): Promise<Outcome> {
  const { client, terminal, world } = session;
  const before = await client.configuration();
  const { configuration, seen = before.version } = await wantedOf(session, what, before);
  const reply = await client.setConfiguration({
    expectedVersion: expectedVersion ?? seen,
    author: author ?? (world.env.USER || world.env.LOGNAME || 'sitrep config'),
    ...(comment === undefined ? {} : { comment }),
    configuration,
  });
  if (reply.kind !== 'answer') throw withAdvice(client.failureOf(reply));
  terminal.data(reply.value, () => settingInWords(before, reply.value));
  return 'done';
}

async function wantedOf(session: Session, what: string[], before: ConfigurationView): Promise<Wanted> {
  const [first = ''] = what;
  if (what.every((one) => ASSIGNMENT.test(one)))
    return { configuration: assigned(before.configuration, what) };
  if (what.length > 1) throw new Misuse('Give one file, or fields as name=value, and not both.');
  const { world, settings } = session;
  return wantedIn(await readDocument(first, world.stdin, settings.SITREP_MAX_BODY, CONFIGURATION), first);
}

const CONFIGURATION = 'a configuration';
const ASSIGNMENT = /^(\w+)=(.*)$/s;

/** A value is JSON where it can be read as such, and else a text: `debounceMs=500`, `thresholdRules=[]`. */
function assigned(configuration: Configuration, assignments: string[]): Record<string, unknown> {
  const fields = assignments.map((assignment): [string, unknown] => {
    const [, name = '', value = ''] = ASSIGNMENT.exec(assignment) ?? [];
    const reading = readJson(Buffer.from(value));
    if (reading.kind === 'inexact') {
      throw new Failure({ title: `The value of ${name} is not usable`, faults: [reading.fault] });
    }
    return [name, reading.kind === 'value' ? reading.value : value];
  });
  return { ...configuration, ...Object.fromEntries(fields) };
}

/**
 * A configuration, or what `config show` has printed: of that the version counts as seen, so that nobody's change in
 * between is lost. What `config show N` has printed says nothing about what is newest; it is set anew.
 */
function wantedIn(document: unknown, file: string): Wanted {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Failure({ title: `${nameOf(file)} is not ${CONFIGURATION}`, detail: 'It must be an object.' });
  }
  if (!('configuration' in document)) return { configuration: document };
  const { configuration } = document;
  if ('unreadable' in document && 'version' in document && typeof document.version === 'number') {
    return { configuration, seen: document.version };
  }
  return { configuration };
}

function withAdvice(failure: Failure): Failure {
  if (failure.complaint.type !== problemType('configuration-changed')) return failure;
  const advice =
    'See what was set (`sitrep config show`), and set yours again; --expected-version follows a version that you name.';
  return new Failure(failure.complaint, advice);
}
