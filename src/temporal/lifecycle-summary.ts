import type { SitrepDocument } from '../model/sitrep.ts';

/** Temporal takes 400 bytes for a whole summary, as JSON. */
const CREATOR_BYTES = 100;

/** One line for the Temporal UI: where the sitrep comes from, and how much it says. */
export function lifecycleSummary({ parentId, creator, cases }: SitrepDocument): string {
  const requests = cases.reduce((sum, { alertRequests }) => sum + alertRequests.length, 0);
  const from = parentId === null ? 'The first sitrep' : `Child of ${parentId}`;
  return `${from}, by ${plain(creator)}: ${count(cases.length, 'case')}, ${count(requests, 'alert request')}`;
}

/** The UI renders Markdown, and a creator is any text: what could be markup, or break the line, becomes a blank. */
function plain(text: string): string {
  const words = text.replace(/[^\p{L}\p{M}\p{N}.,:@/+-]+/gu, ' ').trim();
  let line = '';
  for (const character of words) {
    if (Buffer.byteLength(line + character) > CREATOR_BYTES) return `${line}…`;
    line += character;
  }
  return line;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
