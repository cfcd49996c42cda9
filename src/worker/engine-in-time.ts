import { createContext, Script } from 'node:vm';
import type { Engine } from '../diagnosis/engine.ts';

const CALL = new Script('call()');

/**
 * The engine, cut off where one run of it takes longer than `milliseconds`: it runs in the thread that everything else
 * in this process needs as well, and from an endless one nothing else could bring that back. To whoever runs it, being cut
 * off is a throw like any other.
 */
export function inTime(engine: Engine, milliseconds: number): Engine {
  return Object.create(engine, {
    analyze: {
      value: (...given: Parameters<Engine['analyze']>) => {
        try {
          // Of all that Node has, this alone stops code from outside without a thread of its own.
          return CALL.runInContext(createContext({ call: () => engine.analyze(...given) }), {
            timeout: milliseconds,
          });
        } catch (error) {
          if (!isTimeout(error)) throw error;
          throw new Error(`analyze was cut off: it took longer than ${milliseconds / 1000} s.`);
        }
      },
    },
  });
}

/** It is an error of the context's own realm, and so no `Error` of ours. */
function isTimeout(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}
