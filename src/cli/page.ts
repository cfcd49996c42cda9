import type { Page } from '../model/views.ts';
import type { Terminal } from './terminal.ts';
import type { Style } from './words/style.ts';

/** Prints a list. Says so when it is empty; and, beside it, when there is more than the limit. */
export function printPage<Item>(
  terminal: Terminal,
  page: Page<Item>,
  limit: number,
  empty: string,
  inWords: (items: Item[], style: Style) => string,
): void {
  terminal.data(page, (style) => (page.items.length === 0 ? empty : inWords(page.items, style)));
  if (page.nextCursor !== null) terminal.note(`There are more than these ${limit}; see more with --limit.`);
}
