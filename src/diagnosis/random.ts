import { createHash } from 'node:crypto';

/** Numbers from 0 to below 1 that follow from the seed alone. Each is 53 bits of a digest of the seed and its place. */
export function randomFrom(seed: string): () => number {
  let place = 0;
  return () => {
    const digest = createHash('sha256').update(`${seed} ${place++}`).digest();
    return (digest.readUInt32BE(0) * 2 ** 21 + (digest.readUInt32BE(4) >>> 11)) / 2 ** 53;
  };
}
