import pg from 'pg';

export const STATEMENT_TIMEOUT = 120_000;

/**
 * Bounds for every session. Without them one stalled client that holds the head would stop every commit:
 * statement and lock time-outs end what runs or waits, the idle one ends a transaction whose client is gone.
 */
const SESSION = {
  statement_timeout: STATEMENT_TIMEOUT,
  lock_timeout: 15_000,
  idle_in_transaction_session_timeout: 15_000,
  // In seconds. While a COPY waits for its client none of the above ends it: when the client's machine vanishes in
  // the middle of an insert, only these let go of what the insert has locked; left alone, the system takes hours.
  tcp_keepalives_idle: 15,
  tcp_keepalives_interval: 5,
  tcp_keepalives_count: 3,
};
/** The server's time-out can't be heard through a dead connection; this one needs no server. */
const QUERY_TIMEOUT = STATEMENT_TIMEOUT + 10_000;

// bigint columns are versions, generations and counts here, far below 2^53.
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8
      ? Number
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** A bounded pool; `databaseUrl` is a libpq connection URL. */
export function createPool(
  databaseUrl: string,
  { max = 10, applicationName = 'sitrep' }: { max?: number; applicationName?: string } = {},
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: applicationName,
    max,
    types,
    connectionTimeoutMillis: 10_000,
    query_timeout: QUERY_TIMEOUT,
    keepAlive: true,
    options: Object.entries(SESSION)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  });
  // An idle connection that breaks is replaced at the next query, which reports what is wrong; without a
  // listener the event would end the process.
  pool.on('error', () => {});
  // The same for one that breaks while a transaction has it: whatever is sent through it next fails.
  pool.on('connect', (client) => {
    client.on('error', () => {});
  });
  return pool;
}
