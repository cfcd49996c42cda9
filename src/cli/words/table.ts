import Table from 'cli-table3';
import type { Style } from './style.ts';

export interface Column {
  head: string;
  align?: 'right';
  /** May be cut where the terminal is too narrow; ids never are. */
  cut?: true;
  /** Left out where the terminal is too narrow, the last one first. */
  optional?: true;
}

/** A column that is cut still says something. */
const LEAST = 8;
const GAP = 2;
const BARE = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '',
  },
  style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [] },
};

/** Rows under a heading, as wide as the terminal at most, where that can be had without cutting an id. */
export function table(columns: Column[], rows: string[][], { width, paint }: Style): string {
  const measured = columns.map((column, index) => ({
    ...column,
    index,
    wide: naturalWidth([column.head, ...rows.map((row) => row[index] ?? '')]),
  }));
  const shown = squeeze(measured, width ?? Number.POSITIVE_INFINITY);
  const heading = shown.map(({ head }) => paint('dim', head));
  const body = rows.map((row) => shown.map(({ index }) => row[index] ?? ''));
  return chunks([heading, ...body])
    .map((some) => setTable(shown, some))
    .join('\n');
}

function setTable(columns: Measured[], rows: string[][]): string {
  const bare = new Table({
    ...BARE,
    colWidths: columns.map(({ wide }) => wide),
    colAligns: columns.map(({ align }) => align ?? 'left'),
  });
  bare.push(...rows);
  return bare
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

type Measured = Column & { index: number; wide: number };

function squeeze(columns: Measured[], width: number): Measured[] {
  // The gap behind the last column needs no room.
  const excess = columns.reduce((sum, { wide }) => sum + wide, 0) - GAP - width;
  if (excess <= 0) return columns;
  const spare = columns.reduce((sum, column) => sum + cuttable(column), 0);
  const dropped = columns.findLastIndex((column) => column.optional);
  if (spare < excess && dropped >= 0) return squeeze(columns.toSpliced(dropped, 1), width);
  return cutFromTheRight(columns, excess);
}

function cutFromTheRight(columns: Measured[], excess: number): Measured[] {
  let left = excess;
  return columns
    .toReversed()
    .map((column) => {
      const cut = Math.min(left, cuttable(column));
      left -= cut;
      return { ...column, wide: column.wide - cut };
    })
    .toReversed();
}

function cuttable({ cut, wide }: Measured): number {
  return cut ? Math.max(0, wide - GAP - LEAST) : 0;
}

/** As the table itself measures it: wide characters count double, colours not at all. */
function naturalWidth(cells: string[]): number {
  return Math.max(...chunks(cells).map(widthOf));
}

function widthOf(cells: string[]): number {
  const column = new Table(BARE);
  for (const cell of cells) column.push([cell]);
  return column.width;
}

/** The library takes time with the square of the rows: 10,000 in one table would take seconds. */
const CHUNK = 100;

function chunks<Item>(items: Item[]): Item[][] {
  const count = Math.ceil(items.length / CHUNK);
  return Array.from({ length: count }, (_, index) => items.slice(index * CHUNK, (index + 1) * CHUNK));
}
