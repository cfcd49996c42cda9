import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's space for what is new as small as it begins, and so cleared often. It would grow to 48 MiB, and what
 * passes through it would lie about until it is full: the bytes of a sitrep that is streamed, and all that comes
 * up while a large document is checked, which is then taken for old and stays longer still.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
