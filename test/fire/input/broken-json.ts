import fc from 'fast-check';
import { oddJson, oddText } from './from-schema.ts';

/** Turns a document into bytes of which something is not right. */
type Break = (document: unknown) => Buffer;

/** Stands where text will stand that JSON.stringify would not write. */
const PLACE = '@@here@@';

const deep = fc
  .constantFrom(33, 3_000, 100_000)
  .chain((levels) =>
    fc.constantFrom(
      '['.repeat(levels) + ']'.repeat(levels),
      `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
    ),
  );
/** Values as text: those that a double would change, those that a database would, and some that are no JSON. */
const oddValue = fc.oneof(
  fc.constantFrom(
    '9007199254740993',
    '1e400',
    '-1e400',
    '1e-400',
    '0.1000000000000000055511151231257827',
    '-0',
  ),
  fc.constantFrom('1E0', '1.0', '0x10', '01', '+1', '.5', '1.', 'NaN', 'Infinity', 'undefined', "'text'", ''),
  fc.constantFrom(
    '"\\u0000"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\x41"',
    '"\n"',
    '"\u0000"',
    '{"a":1,}',
    '[1,]',
  ),
  fc.constantFrom('{"__proto__":{"a":1}}', '{"constructor":{"prototype":1}}', '{"a":1,"a":2}', '/* */ 1'),
  fc.nat({ max: 400 }).map((digits) => `1${'0'.repeat(digits)}`),
  deep,
);

const DAMAGE: Record<string, (bytes: Buffer, at: number) => Buffer> = {
  'cut off': (bytes, at) => bytes.subarray(0, at),
  'a byte that is no UTF-8': (bytes, at) => spliced(bytes, at, Buffer.from([0xff])),
  'a NUL': (bytes, at) => spliced(bytes, at, Buffer.from([0])),
  'half a surrogate pair, as bytes': (bytes, at) => spliced(bytes, at, Buffer.from([0xed, 0xa0, 0x80])),
  'a quote': (bytes, at) => spliced(bytes, at, Buffer.from('"')),
  'a byte order mark': (bytes) => spliced(bytes, 0, Buffer.from('\ufeff')),
  'UTF-16': (bytes) => Buffer.from(bytes.toString(), 'utf16le'),
  'a second document': (bytes) => Buffer.concat([bytes, bytes]),
  'a tail': (bytes) => Buffer.concat([bytes, Buffer.from(']')]),
};

export const brokenDocument: fc.Arbitrary<Break> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.nat(), oddJson).map(([at, value]) => replaced(at, value)) },
  { weight: 6, arbitrary: fc.tuple(fc.nat(), oddText).map(([at, text]) => reworded(at, text)) },
  { weight: 2, arbitrary: fc.nat().map((at) => replaced(at, undefined)) },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.nat(), oddText, oddJson).map(([at, key, value]) => added(at, key, value)),
  },
  { weight: 3, arbitrary: fc.tuple(fc.nat(), oddValue).map(([at, text]) => written(at, text)) },
  { weight: 1, arbitrary: fc.nat().map((at) => doubled(at)) },
  { weight: 1, arbitrary: fc.tuple(fc.nat(), fc.nat()).map(([at, from]) => copied(at, from)) },
  { weight: 1, arbitrary: oddJson.map((value) => () => bytesOf(value)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => () => Buffer.from(bytes)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(), fc.constantFrom(...Object.values(DAMAGE)))
      .map(([at, damage]) => damaged(at, damage)),
  },
);

interface Place {
  holder: Record<string, unknown>;
  name: string;
}

/** Every place of a document that has a value. */
function placesOf(document: unknown): Place[] {
  if (typeof document !== 'object' || document === null) return [];
  return Object.entries(document).flatMap(([name, child]) => [
    { holder: document as Record<string, unknown>, name },
    ...placesOf(child),
  ]);
}

/** The document with a change at one of its places, among those that are asked for. */
function changed(
  document: unknown,
  at: number,
  change: (place: Place) => void,
  among: (place: Place) => boolean = () => true,
): unknown {
  const copy = structuredClone(document);
  const places = placesOf(copy).filter(among);
  const place = places[at % places.length];
  if (place) change(place);
  return copy;
}

function replaced(at: number, value: unknown): Break {
  return (document) =>
    bytesOf(
      changed(document, at, ({ holder, name }) => {
        holder[name] = value;
      }),
    );
}

/** Only texts, and another text for them: of all that may be wrong with one, nothing is in the way. */
function reworded(at: number, text: string): Break {
  return (document) =>
    bytesOf(
      changed(
        document,
        at,
        ({ holder, name }) => {
          holder[name] = text;
        },
        ({ holder, name }) => typeof holder[name] === 'string' && !/id$/i.test(name),
      ),
    );
}

function added(at: number, key: string, value: unknown): Break {
  return (document) =>
    bytesOf(
      changed(
        document,
        at,
        ({ holder }) => {
          // Assigned, `__proto__` would be no field.
          Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
        },
        // A field of a list would not be written, and one called `length` is there already.
        ({ holder }) => !Array.isArray(holder),
      ),
    );
}

function written(at: number, text: string): Break {
  return (document) =>
    Buffer.from(
      replaced(
        at,
        PLACE,
      )(document)
        .toString()
        .replace(`"${PLACE}"`, () => text),
    );
}

/** A name twice in one object: some readers take the first value, some the last. */
function doubled(at: number): Break {
  return (document) => {
    let twice = '';
    const marked = changed(document, at, ({ holder, name }) => {
      if (Array.isArray(holder)) return;
      twice = JSON.stringify(name);
      holder[PLACE] = 1;
    });
    return Buffer.from(JSON.stringify(marked).replace(`"${PLACE}":`, () => `${twice}:`));
  };
}

function copied(at: number, from: number): Break {
  return (document) => {
    const places = placesOf(document);
    const other = places[from % places.length];
    return replaced(at, other?.holder[other.name])(document);
  };
}

function damaged(at: number, damage: (bytes: Buffer, at: number) => Buffer): Break {
  return (document) => {
    const bytes = bytesOf(document);
    return damage(bytes, at % bytes.length);
  };
}

function spliced(bytes: Buffer, at: number, inserted: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
}

function bytesOf(document: unknown): Buffer {
  return Buffer.from(JSON.stringify(document) ?? '');
}
