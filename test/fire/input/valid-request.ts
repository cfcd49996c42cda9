import fc from 'fast-check';
import type { SitrepView } from '../../../src/model/views.ts';
import { FromSchema } from './from-schema.ts';
import type { Request } from './http.ts';
import type { Operation, ServedDocument } from './served-document.ts';

/** What there is to be asked for at a moment. */
export interface Known {
  host: string;
  /** Values of parameters by their names. */
  parameters: Record<string, string[]>;
  /** Ids by the part of the path in front of them: `alerts`. */
  ids: Record<string, string[]>;
  /** The head when a document is made, which may be another than when its generator was. */
  current(): SitrepView | null;
  /** The newest version of the configuration at the same moment. */
  configurationVersion(): number;
}

/** Requests for an operation as the document describes it; most ask for what exists. */
export function validRequest(
  document: ServedDocument,
  operation: Operation,
  known: Known,
): fc.Arbitrary<Request> {
  const { method, path, parameters } = operation;
  const [, , collection = ''] = path.split('/');
  const named = { ...known.parameters, id: known.ids[collection] ?? [] };
  const existing = Object.entries(named).filter(([, values]) => values.length > 0);
  const hints = Object.fromEntries(existing.map(([name, values]) => [name, fc.constantFrom(...values)]));
  const ofParameters = new FromSchema(document.schemas, hints);
  const values = fc.record(
    Object.fromEntries(parameters.map(({ name, schema }) => [name, ofParameters.named(name, schema)])),
    { requiredKeys: parameters.filter(({ required }) => required).map(({ name }) => name) },
  );
  return fc.tuple(values, contentOf(document, operation, known)).map(([given, content]) => {
    const within = (place: string) => parameters.filter((one) => one.in === place && one.name in given);
    const filled = within('path').reduce(
      (text, { name }) => text.replace(`{${name}}`, encode(given[name])),
      path,
    );
    const query = within('query').map(({ name }) => `${name}=${encode(given[name])}`);
    const target = query.length > 0 ? `${filled}?${query.join('&')}` : filled;
    const { bytes, type } = content;
    return { method, target, headers: headersFor(known.host, bytes, type), body: bytes };
  });
}

interface Content {
  bytes: Buffer | null;
  type: string;
}

function contentOf(document: ServedDocument, { body, line }: Operation, known: Known): fc.Arbitrary<Content> {
  const type = 'application/json';
  if (!body) return fc.constant({ bytes: null, type });
  const from = new FromSchema(document.schemas, IN_BODIES);
  const json = fc
    .tuple(from.value(body), steering)
    .map(steered(known))
    .map((sent) => ({ bytes: Buffer.from(JSON.stringify(sent)), type }));
  if (!line) return json;
  const lines = fc.array(from.value(line), { maxLength: 3 }).map((sent) => ({
    bytes: Buffer.from(sent.map((one) => JSON.stringify(one)).join('\n')),
    type: 'application/x-ndjson',
  }));
  return fc.oneof(json, lines);
}

export function headersFor(host: string, body: Buffer | null, type = 'application/json'): Request['headers'] {
  const always: Request['headers'] = [
    ['Host', host],
    ['Connection', 'close'],
  ];
  if (!body) return always;
  return [...always, ['Content-Type', type], ['Content-Length', String(body.length)]];
}

export function encode(value: unknown): string {
  return encodeURIComponent(String(value).toWellFormed());
}

/** Where nobody listens: whatever is sent there has failed at once. */
export const NOBODY = 'http://127.0.0.1:1/';

/** What the service derives: other values than null are refused nearly always. */
const derived = fc.constant(null);
const PATTERNS = ['**', 'test.**', 'test.quux.bar', 'hardware.*.psu.*'];
const IN_BODIES = {
  createdSitrepId: derived,
  closedSitrepId: derived,
  assignedSitrepId: derived,
  requestedSitrepId: derived,
  endpoint: fc.constant(NOBODY),
  subscription: fc.constantFrom(...PATTERNS),
  subscriptions: fc.subarray(PATTERNS),
  alertClass: fc.constantFrom('threshold.exceeded', 'test.foo', 'hardware.power_shelf.psu.remove'),
  alertVersion: fc.constant(0),
};

/** Which parent a document gets, and what of it: documents made from the schema alone are orphans of nobody. */
const steering = fc.record({
  parent: fc.constantFrom('current', 'current', 'current', 'as it is'),
  carries: fc.constantFrom('nothing', 'all', 'first case'),
  as: fc.constantFrom('new', 'new', 'new', 'new', 'the current one again'),
});
type Steering = typeof steering extends fc.Arbitrary<infer Value> ? Value : never;

/** The body that makes a sitrep, among those of all operations. */
function isDocument(body: unknown): body is { cases: unknown[] } {
  return typeof body === 'object' && body !== null && 'cases' in body;
}

/** The body that sets the configuration. */
function isChange(body: unknown): body is { expectedVersion: number; configuration: object } {
  return typeof body === 'object' && body !== null && 'configuration' in body;
}

/** Of fewer versions some would be collected in the middle of a look at what must stay untouched. */
const ENOUGH = { keepVersions: 2_000, sitrepLimit: 2_500 };

function steered({ current, configurationVersion }: Known) {
  return ([body, { parent, carries, as }]: [unknown, Steering]) => {
    if (isChange(body)) {
      const expectedVersion = parent === 'as it is' ? body.expectedVersion : configurationVersion();
      return { ...body, expectedVersion, configuration: { ...body.configuration, ...ENOUGH } };
    }
    if (!isDocument(body)) return body;
    const head = current();
    if (head && as === 'the current one again') return head;
    if (parent === 'as it is') return body;
    const { cases, ...fields } = body;
    const carried = { nothing: [], all: head?.cases, 'first case': head?.cases.slice(0, 1) }[carries] ?? [];
    return { ...fields, parentId: head?.id ?? null, cases: [...carried, ...cases] };
  };
}
