import fc from 'fast-check';

/** The part of JSON Schema that the OpenAPI document uses for what a client sends. */
export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  pattern?: string;
  const?: unknown;
  enum?: unknown[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

/** Keywords that are obeyed below, and those that say nothing about which values are valid. */
const KNOWN = new Set(
  [
    '$ref type format pattern const enum items anyOf oneOf properties required additionalProperties',
    'minimum maximum minLength maxLength minItems maxItems default title description',
  ].flatMap((line) => line.split(' ')),
);

/** Lists and texts stay short, or most of the time would go into writing them. */
const MAX_ITEMS = 3;
const MAX_USUAL_LENGTH = 20;

/**
 * Makes values that a schema allows. By the name of a property, `hints` says what to take instead now and then,
 * such as ids that exist; a keyword that is not known here throws, so that never less is tried than is allowed.
 */
export class FromSchema {
  readonly #components: Record<string, Schema>;
  readonly #hints: Record<string, fc.Arbitrary<unknown>>;

  constructor(components: Record<string, Schema>, hints: Record<string, fc.Arbitrary<unknown>> = {}) {
    this.#components = components;
    this.#hints = hints;
  }

  value(schema: Schema): fc.Arbitrary<unknown> {
    for (const keyword of Object.keys(schema)) {
      if (!KNOWN.has(keyword)) throw new Error(`There is no generator for ${keyword} of JSON Schema.`);
    }
    if (schema.$ref) return this.value(this.#component(schema.$ref));
    if ('const' in schema) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    if (schema.anyOf) return fc.oneof(...schema.anyOf.map((choice) => this.value(choice)));
    if (schema.oneOf) return fc.oneof(...schema.oneOf.map((choice) => this.value(narrowed(schema, choice))));
    switch (schema.type) {
      case undefined:
        return anyJson;
      case 'null':
        return fc.constant(null);
      case 'boolean':
        return fc.boolean();
      case 'integer':
        return integerOf(schema);
      case 'string':
        return textOf(schema);
      case 'array':
        return this.#list(schema);
      case 'object':
        return this.#object(schema);
      default:
        throw new Error(`There is no generator for values of type ${schema.type}.`);
    }
  }

  /** A property or parameter: what its schema allows, or more often what is hinted at. */
  named(name: string, schema: Schema): fc.Arbitrary<unknown> {
    const hint = this.#hints[name];
    const any = this.value(schema);
    return hint ? fc.oneof({ weight: 4, arbitrary: hint }, { weight: 1, arbitrary: any }) : any;
  }

  #component(reference: string): Schema {
    const schema = this.#components[reference.replace('#/components/schemas/', '')];
    if (!schema) throw new Error(`The document has no ${reference}.`);
    return schema;
  }

  #list({ items = {}, minItems = 0, maxItems = Number.MAX_SAFE_INTEGER }: Schema): fc.Arbitrary<unknown> {
    const usual = Math.max(minItems, MAX_ITEMS);
    return fc.array(this.value(items), { minLength: minItems, maxLength: Math.min(maxItems, usual) });
  }

  #object({ properties, required = [], additionalProperties = true }: Schema): fc.Arbitrary<unknown> {
    if (!properties) return anyObject;
    const fields = fc.record(
      Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, this.named(name, field)])),
      { requiredKeys: required },
    );
    if (!additionalProperties) return fields;
    return fc.tuple(anyObject, fields).map(([others, known]) => ({ ...others, ...known }));
  }
}

/** One choice of several that each narrow some properties of an object. */
function narrowed({ oneOf, ...schema }: Schema, { properties, ...rest }: Schema): Schema {
  return { ...schema, ...rest, properties: { ...schema.properties, ...properties } };
}

function integerOf({ minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER }: Schema) {
  const bounds = { min: minimum, max: maximum };
  return fc.oneof(fc.constantFrom(minimum, maximum), fc.integer(bounds));
}

function textOf({ format, pattern, minLength = 0, maxLength }: Schema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time') return dateTime;
  if (format === 'uri') return fc.webUrl({ validSchemes: ['http', 'https'] });
  if (format !== undefined) throw new Error(`There is no generator for texts of format ${format}.`);
  if (pattern !== undefined) {
    const matching = fc.stringMatching(new RegExp(pattern, 'u'));
    return maxLength === undefined ? matching : matching.filter((text) => text.length <= maxLength);
  }
  const usual = fc.string({ unit: 'grapheme', minLength, maxLength: MAX_USUAL_LENGTH });
  if (maxLength === undefined) return usual;
  // JSON Schema counts characters, not the halves of which JavaScript makes some of them.
  const longest = fc.constantFrom('x', 'ü', '☃', '💥').map((character) => character.repeat(maxLength));
  return fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: longest });
}

const dateTime = fc
  .tuple(
    fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    }),
    fc.constantFrom('Z', '+00:00', '-00:00', '+14:00', '-23:59'),
    fc.constantFrom('', '.5', '.123456', '.123456789012'),
  )
  .map(([date, offset, fraction]) => date.toISOString().replace(/\.\d+Z$/, fraction + offset));

/** Texts, the ones among them on which databases, routers and objects stumble. */
export const oddText = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('\u0000', 'a\u0000b', '\ud800', 'a\udc00b') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['__proto__', 'constructor', 'v1', 'v0', '0x0', '', ' ', '..', '../..', '%', '%00', '%zz', 'null'],
      ...['current', "';--", '\r\n', '٣', '2026-11-20T08:10:27Z'],
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.uuid() },
);

/** Values of JSON of any kind, whose texts can be stored. */
const anyJson = jsonOf(fc.string({ unit: 'grapheme', maxLength: MAX_USUAL_LENGTH }));
const anyObject = fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 8 }), anyJson, {
  maxKeys: MAX_ITEMS,
});

/** Values of JSON of any kind and any text. */
export const oddJson = jsonOf(oddText);

function jsonOf(text: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  return fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, false, 0, -0, -1, 2 ** 31, 2 ** 53, 1e308, 5e-324),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      text,
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(text, tie('value'), { maxKeys: 5 }),
    ),
  })).value;
}
