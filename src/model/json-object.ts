import { z } from 'zod';
import type { JsonObject } from './json.ts';

/**
 * Any JSON object, as it is: z.record would lose a field named `__proto__`. A schema of its own each time, since the
 * OpenAPI document gives one name to whatever has the same schema.
 */
export function anyObject() {
  return z.custom<JsonObject>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'must be an object',
  );
}
