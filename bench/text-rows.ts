import type pg from 'pg';
import { to } from 'pg-copy-streams';

/** What a field of a row becomes. */
type Read = (field: string) => unknown;
const asText: Read = (field) => field;
const asNumber: Read = Number;
const asJson: Read = (field) => JSON.parse(field);
const asEna: Read = (field) => `0x${BigInt(field).toString(16)}`;

/** The columns of a sitrep's children that a read shows. */
const TABLES: Record<string, Record<string, Read>> = {
  fm_case: {
    id: asText,
    engine: asText,
    created_sitrep_id: asText,
    closed_sitrep_id: asText,
    comment: asText,
  },
  fm_ereport_in_case: {
    case_id: asText,
    restart_id: asText,
    ena: asEna,
    assigned_sitrep_id: asText,
    comment: asText,
  },
  fm_alert_request: {
    case_id: asText,
    id: asText,
    alert_class: asText,
    alert_version: asNumber,
    payload: asJson,
    requested_sitrep_id: asText,
    comment: asText,
  },
};

type TextRow = Record<string, unknown>;

/** All children of a sitrep as objects, the shortest way: not ordered, and not put together. */
export async function copyOutBarely(pool: pg.Pool, sitrepId: string): Promise<TextRow[]> {
  const client = await pool.connect();
  const rows: TextRow[] = [];
  try {
    for (const [table, columns] of Object.entries(TABLES)) {
      const named = Object.entries(columns);
      const names = named.map(([name]) => name).join(', ');
      const copied = client.query(
        to(`COPY (SELECT ${names} FROM ${table} WHERE sitrep_id = '${sitrepId}') TO STDOUT`),
      );
      let rest = '';
      for await (const text of copied.setEncoding('utf8')) {
        const lines = `${rest}${text}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) rows.push(rowOf(line, named));
      }
    }
    return rows;
  } finally {
    client.release();
  }
}

function rowOf(line: string, columns: [string, Read][]): TextRow {
  const row: TextRow = {};
  const fields = line.split('\t');
  for (const [index, [name, read]] of columns.entries()) {
    const field = fields[index] ?? '';
    row[name] = field === '\\N' ? null : read(field.includes('\\') ? unescaped(field) : field);
  }
  return row;
}

const ESCAPED: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
function unescaped(field: string): string {
  return field.replace(/\\(.)/gs, (_, character: string) => ESCAPED[character] ?? character);
}
