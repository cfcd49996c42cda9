import type { RendezvousCursor } from '../../../src/store/rendezvous.ts';

const CUT_OFF = Symbol('cut off');

/** Ends the work after so many chunks, as a worker does that is killed between two of them. */
export async function cutOffAfter<Outcome>(
  chunks: number,
  work: (onChunk: (cursor: RendezvousCursor) => void) => Promise<Outcome>,
): Promise<Outcome | { kind: 'cutOff'; cursor: RendezvousCursor }> {
  let reached: RendezvousCursor | null = null;
  let seen = 0;
  try {
    return await work((cursor) => {
      reached = cursor;
      seen += 1;
      if (seen === chunks) throw CUT_OFF;
    });
  } catch (error) {
    if (error !== CUT_OFF || reached === null) throw error;
    return { kind: 'cutOff', cursor: reached };
  }
}
