import { types } from 'node:util';
import { z } from 'zod';
import { type AlertClass, isOfSitrep } from '../model/alert-class.ts';
import { ClassGlob } from '../model/class-glob.ts';
import { Faults } from '../model/fault.ts';
import type { Json } from '../model/json.ts';
import { type Engine, EngineName } from './engine.ts';

/** What a module with an engine exports as its default: makes the engine, out of its settings in the configuration. */
export type EngineModule = (settings: Json) => Engine;

/** A module that is none, or settings that it does not take. Says what is wrong, and with which module. */
export class EngineModuleError extends Error {
  constructor(path: string, what: string, options?: ErrorOptions) {
    super(`The engine module ${path} is not usable: ${what}.`, options);
    this.name = 'EngineModuleError';
  }
}

/**
 * Makes the engine of a module that was imported. Whoever wrote it may have written it in JavaScript, so nothing in it
 * is taken on trust: what is wrong comes out here, when the configuration is read, and not in the middle of a diagnosis.
 */
export function engineOf(path: string, module: unknown, settings: Json = null): Engine {
  const make = defaultOf(module);
  if (typeof make !== 'function') {
    throw new EngineModuleError(path, 'its default export must be a function that makes an engine');
  }
  let made: unknown;
  try {
    made = make(settings);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new EngineModuleError(path, `its default export threw: ${why}`, { cause: error });
  }
  const read = EngineShape.safeParse(made, { reportInput: true });
  if (!read.success) {
    const faults = new Faults();
    faults.addZod(read.error);
    const words = faults.list.map(({ pointer, detail }) => `${pointer || 'what it returns'} ${detail}`);
    throw new EngineModuleError(path, words.join('; '));
  }
  return read.data;
}

function defaultOf(module: unknown): unknown {
  return typeof module === 'object' && module !== null ? Reflect.get(module, 'default') : undefined;
}

const AlertClassName = z
  .string()
  .max(200, 'must have at most 200 characters')
  .regex(/^[a-z0-9_]+(\.[a-z0-9_]+)*$/, 'must be lower-case letters, digits and _, in segments between dots')
  .refine((name) => !isOfSitrep(name), 'is the name of a class that Sitrep has itself')
  .refine((name) => !name.startsWith('sitrep.'), 'must not begin with sitrep., as only its own do');

/** Any schema with `safeParse` will do: the module may have brought a zod of its own. */
const Schema = z.custom<z.ZodType>(
  (value) =>
    typeof value === 'object' && value !== null && typeof Reflect.get(value, 'safeParse') === 'function',
  'must be a zod schema',
);

const AlertClassShape = z
  .strictObject({
    description: z.string().min(1, 'must not be empty'),
    versions: z.record(z.string().regex(/^(0|[1-9]\d{0,8})$/, 'must be a version number'), Schema),
  })
  .refine(({ versions }) => Object.keys(versions).length > 0, 'must have a version')
  .transform((one): AlertClass => one);

/** What a generator is to do is done by nobody; what follows an `await`, when nothing can cut it off any more. */
function isForLater(value: unknown): boolean {
  return types.isAsyncFunction(value) || types.isGeneratorFunction(value);
}

const EngineShape = z
  .strictObject({
    name: EngineName,
    classes: z.array(ClassGlob).min(1, 'must have an element, or it would be shown nothing'),
    alertClasses: z.record(AlertClassName, AlertClassShape).optional(),
    settings: z.json().optional(),
    analyze: z
      .custom<Engine['analyze']>((value) => typeof value === 'function', 'must be a function')
      .refine((analyze) => !isForLater(analyze), 'must be synchronous: no async function, and no generator'),
  })
  .transform(
    ({ alertClasses, settings, ...engine }): Engine => ({
      ...engine,
      ...(alertClasses && { alertClasses }),
      ...(settings !== undefined && { settings }),
    }),
  );
