import { newId } from '../../src/model/id.ts';
import { aCase, aChildOf, aRequest, aSitrep, type Sent } from '../support/document.ts';

/** A document, or something in its place, that is refused. */
export interface Bad {
  name: string;
  body: unknown;
  status: number;
  type: string;
  /** Where the first fault is. */
  pointer?: string;
}

/** The current sitrep while the table runs: a case with an ereport and a request, and one that is closed. */
export const parent: Sent = aSitrep({
  cases: [
    aCase({ ereports: [{ restartId: newId(), ena: '0x1', comment: '' }], alertRequests: [aRequest()] }),
    aCase({ closed: true }),
  ],
});
type Case = Sent['cases'][number];
const [open, closed] = parent.cases as [Case, Case];
const [carried] = open.alertRequests as [NonNullable<Case['alertRequests']>[number]];
const [ereport] = open.ereports as [NonNullable<Case['ereports']>[number]];
/** The id of an alert that exists, though no sitrep requests it. */
export const usedId = newId();
export const MAX_BODY = 4 * 1024 * 1024;

const refused = (status: number, type: string) => (name: string, body: unknown) => ({
  name,
  body,
  status,
  type,
});
const malformed = refused(400, 'malformed-json');
const tooLarge = refused(413, 'body-too-large');
const notCurrent = refused(409, 'parent-not-current');

function invalid(name: string, body: unknown, pointer: string): Bad {
  return { ...refused(422, 'invalid-sitrep')(name, body), pointer };
}
/** A child whose fields are anything. */
function sent(name: string, fields: object, pointer: string): Bad {
  return invalid(name, { ...aChildOf(parent), ...fields }, pointer);
}
/** A child with a change in its first case. */
function inCase(name: string, change: object, pointer: string): Bad {
  return sent(name, { cases: [{ ...open, ...change }, closed] }, `/cases/0${pointer}`);
}
function inEreport(name: string, change: object, pointer: string): Bad {
  return inCase(name, { ereports: [{ ...ereport, ...change }] }, `/ereports/0${pointer}`);
}
function inCarried(name: string, change: object, pointer: string): Bad {
  return inCase(name, { alertRequests: [{ ...carried, ...change }] }, `/alertRequests/0${pointer}`);
}
/** A child with one new request beside the one that is carried. */
function asking(change: object): object {
  return aChildOf(parent, {
    cases: [{ ...open, alertRequests: [carried, { ...aRequest(), ...change }] }, closed],
  });
}
function inRequest(name: string, change: object, pointer: string): Bad {
  return invalid(name, asking(change), `/cases/0/alertRequests/1${pointer}`);
}
function inPayload(name: string, payload: unknown, pointer = ''): Bad {
  return inRequest(name, { payload }, `/payload${pointer}`);
}
function inPsuPayload(name: string, change: object, pointer: string): Bad {
  const payload = {
    rackId: newId(),
    powerShelf: { shelf: 0, baseboard: null },
    psu: { slot: 0, identity: null },
    time: '2026-11-20T08:10:27Z',
    ...change,
  };
  return inRequest(name, { class: 'hardware.power_shelf.psu.insert', payload }, `/payload${pointer}`);
}
/** JSON in which a text `@@` gives way to what JSON.stringify would not write. */
function written(document: unknown, text: string): string {
  return JSON.stringify(document).replace('"@@"', text);
}
function inNumber(name: string, number: string): Bad {
  const body = written(asking({ payload: { n: ['@@'] } }), number);
  return invalid(name, body, '/cases/0/alertRequests/1/payload/n/0');
}
function levels(count: number): unknown {
  return JSON.parse(`${'{"a":'.repeat(count - 1)}{}${'}'.repeat(count - 1)}`);
}
const MILLION = '['.repeat(1_000_000) + ']'.repeat(1_000_000);

const BYTES: Bad[] = [
  malformed('no bytes', ''),
  malformed('JSON that ends too early', '{"parentId": nul'),
  malformed('two documents', '{} {}'),
  malformed('bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])),
  malformed('UTF-16', Buffer.from(JSON.stringify(aSitrep()), 'utf16le')),
  malformed('a comment in the JSON', '/* hello */ {}'),
  malformed('NaN', written({ n: '@@' }, 'NaN')),
  malformed('a NUL byte in the JSON', '{"a": "\u0000"}'),
  malformed('a million lists that open', '['.repeat(1_000_000)),
  invalid('a million levels', MILLION, ''),
  notCurrent(
    'a million levels in a field that is ignored',
    written({ ...aSitrep(), rendezvous: '@@' }, MILLION),
  ),
  tooLarge('more bytes than are allowed', Buffer.alloc(MAX_BODY + 1, ' ')),
  invalid('null', 'null', ''),
  invalid('a list', [aSitrep()], ''),
  invalid('a text', '"sitrep"', ''),
  invalid('a number', '17', ''),
];

const FIELDS: Bad[] = [
  invalid('no fields', {}, '/parentId'),
  sent('no parent', { parentId: undefined }, '/parentId'),
  sent('a parent that is no UUID', { parentId: 'v1' }, '/parentId'),
  sent('itself as parent', { id: parent.id }, '/parentId'),
  sent('itself as parent, in capitals', { id: parent.id.toUpperCase() }, '/parentId'),
  sent('an id that is no UUID', { id: 'mine' }, '/id'),
  sent('an id in braces', { id: `{${newId()}}` }, '/id'),
  sent('an id that is a number', { id: 7 }, '/id'),
  sent('an id that is null', { id: null }, '/id'),
  sent('no creator', { creator: undefined }, '/creator'),
  sent('an empty creator', { creator: '' }, '/creator'),
  sent('a creator that is too long', { creator: 'x'.repeat(201) }, '/creator'),
  sent('a creator that is a list', { creator: ['a'] }, '/creator'),
  sent('a NUL in the creator', { creator: 'a\u0000b' }, '/creator'),
  sent('a lone surrogate', { creator: 'a\ud800b' }, '/creator'),
  sent('a comment that is too long', { comment: 'x'.repeat(10_001) }, '/comment'),
  sent('an unknown field', { severity: 'high' }, '/severity'),
  sent('a field with slashes', { 'a/b~c': 1 }, '/a~1b~0c'),
  invalid('a field twice', written({ ...aChildOf(parent), creator: '@@' }, '"a","creator":"b"'), '/creator'),
  sent('a field called __proto__', JSON.parse('{"__proto__": 1}'), '/__proto__'),
  sent('no cases', { cases: undefined }, '/cases'),
  sent('cases that are an object', { cases: {} }, '/cases'),
  sent('a case that is null', { cases: [null] }, '/cases/0'),
  sent('two cases of one id', { cases: [open, { ...closed, id: open.id.toUpperCase() }] }, '/cases/1/id'),
  sent('a case that is opened again', { cases: [open, { ...closed, closed: false }] }, '/cases/1/closed'),
  inCase('an unknown field in a case', { colour: 1 }, '/colour'),
  inCase('a case without an engine', { engine: '' }, '/engine'),
  inCase('closed as a text', { closed: 'no' }, '/closed'),
  inCase('an invented creating sitrep', { createdSitrepId: newId() }, '/createdSitrepId'),
  inCase('an invented closing sitrep', { closedSitrepId: newId() }, '/closedSitrepId'),
  inCase('an ereport twice in a case', { ereports: [ereport, { ...ereport, ena: '1' }] }, '/ereports/1'),
  inEreport('an ENA that is a number', { ena: 1 }, '/ena'),
  inEreport('an ENA of 65 bits', { ena: '18446744073709551616' }, '/ena'),
  inEreport('a negative ENA', { ena: '-1' }, '/ena'),
  inEreport('an ENA of letters', { ena: '0xzz' }, '/ena'),
  inEreport('an unknown field in an ereport', { x: 1 }, '/x'),
  inEreport('an invented assigning sitrep', { assignedSitrepId: newId() }, '/assignedSitrepId'),
];

const REQUESTS: Bad[] = [
  inRequest('an unknown class', { class: 'test.nothing' }, '/class'),
  inRequest('a class called as a method of objects is', { class: 'constructor' }, '/class'),
  inRequest('an unknown version of a class', { version: 1 }, '/version'),
  inRequest('a version that is a fraction', { version: 0.5 }, '/version'),
  inRequest('a version beyond 32 bits', { version: 2 ** 31 }, '/version'),
  inRequest('a version that is a text', { version: '0' }, '/version'),
  inRequest('two requests of one id', { id: carried.id }, '/id'),
  inPayload('a payload that is a list', []),
  inPayload('a payload that is null', null),
  inPayload('a payload that is too large', { a: 'x'.repeat(64 * 1024) }),
  inPayload('a payload that is too large in bytes alone', { a: 'ü'.repeat(33 * 1024) }),
  inPayload('a payload of 33 levels', levels(33), '/a'.repeat(32)),
  inPayload('a payload of 3,000 levels', levels(3_000), '/a'.repeat(32)),
  inPayload('a NUL in a payload', { a: ['\u0000'] }, '/a/0'),
  inPayload('a NUL in a key of a payload', { '\u0000': 1 }),
  inPayload('a lone surrogate in a payload', { a: '\udc00' }, '/a'),
  inPsuPayload('a payload against its schema', { rackId: undefined }, '/rackId'),
  inPsuPayload('an unknown field in a payload', { x: 1 }, '/x'),
  inPsuPayload('an integer out of range', { psu: { slot: 6, identity: null } }, '/psu/slot'),
  inPsuPayload('a day that there is not', { time: '2026-02-30T00:00:00Z' }, '/time'),
  inPsuPayload('an hour that there is not', { time: '2026-02-03T25:00:00Z' }, '/time'),
  inPsuPayload('a time without an offset', { time: '2026-02-03T05:00:00' }, '/time'),
  inNumber('an integer that no double holds', '9007199254740993'),
  inNumber('a number beyond all doubles', '1e400'),
  inNumber('a number below all doubles', '1e-400'),
  inCarried('a carried request of another class', { class: 'test.quux.bar' }, '/class'),
  inCarried('a carried request with another payload', { payload: { n: 2 } }, '/payload'),
  inCarried('an invented requesting sitrep', { requestedSitrepId: newId() }, '/requestedSitrepId'),
  sent(
    'a carried request in another case',
    { cases: [aCase({ alertRequests: [carried] })] },
    '/cases/0/alertRequests/0/id',
  ),
];

const AGAINST_THE_TABLES: Bad[] = [
  refused(409, 'request-id-used')('a request id that was used before', asking({ id: usedId })),
  notCurrent('a parent that never was', aChildOf(parent, { parentId: newId() })),
  notCurrent('no parent, where there is history', aSitrep()),
  refused(409, 'sitrep-id-reused')('another document under a known id', { ...parent, comment: 'changed' }),
];

export const BAD_DOCUMENTS: Bad[] = [...BYTES, ...FIELDS, ...REQUESTS, ...AGAINST_THE_TABLES];
