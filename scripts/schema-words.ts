/** The part of JSON Schema that the OpenAPI document uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
}

/** The fields of an object as a list, those of objects within it indented. */
export function fields(schema: Schema, indent = ''): string {
  const { properties = {}, required = [], oneOf = [] } = schema;
  if (!schema.properties) return oneOf.map((choice) => choiceWords(choice, indent)).join('');
  return Object.entries(properties)
    .map(([name, field]) => {
      const inner = objectWithin(field);
      const more = inner ? fields(inner, `${indent}  `) : '';
      return `${indent}- ${entry(name, field, required.includes(name))}\n${more}`;
    })
    .join('');
}

function choiceWords(choice: Schema, indent: string): string {
  return `${indent}- ${choice.description ?? 'This:'}\n${fields(choice, `${indent}  `)}`;
}

/** One field or parameter: its name, what it may be, and what it means. */
export function entry(name: string, schema: Schema, required: boolean): string {
  const bounds = boundsOf(schema);
  const traits = [typeOf(schema), ...bounds, ...(required || 'default' in schema ? [] : ['optional'])];
  return `\`${name}\` (${traits.join('; ')})${schema.description ? `: ${schema.description}` : ''}`;
}

export function typeOf(schema: Schema): string {
  const { $ref, type, format, items, anyOf } = schema;
  if ($ref) return link($ref.split('/').at(-1) as string);
  if (anyOf) return anyOf.map(typeOf).join(' or ');
  if (schema.enum) return `one of ${schema.enum.map(asCode).join(', ')}`;
  if (schema.const !== undefined) return asCode(schema.const);
  if (items) return `list of ${typeOf(items)}`;
  // In this API only what the service ignores may be anything.
  return FORMATS[format ?? ''] ?? [type ?? 'ignored'].flat().join(' or ');
}
const FORMATS: Record<string, string> = { uuid: 'UUID', 'date-time': 'time' };

function boundsOf({ minimum, maximum, minLength, maxLength, default: given }: Schema): string[] {
  return [
    ...range(minimum, maximum, ''),
    ...range(minLength, maxLength, ' characters'),
    ...(given === undefined ? [] : [`${asCode(given)} by default`]),
  ];
}

function range(least: number | undefined, most: number | undefined, unit: string): string[] {
  if (most === undefined) return least === undefined ? [] : [`at least ${least}${unit}`];
  return [least === undefined ? `at most ${most}${unit}` : `${least} to ${most}${unit}`];
}

/** The object that a field holds, by itself, in a list, or unless it is null. */
function objectWithin(schema: Schema): Schema | undefined {
  return [schema, schema.items, ...(schema.anyOf ?? [])].find((one) => one?.properties);
}

export function link(heading: string): string {
  return `[${heading}](#${heading.toLowerCase()})`;
}

function asCode(value: unknown): string {
  return `\`${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}\``;
}
