import { sqlState } from '../store/transaction.ts';

/**
 * Classes and codes of SQLSTATE that say that Postgres can't answer now: connections, authorisation,
 * databases that are missing or let nobody in, resources, operators that intervene, deadlocks and locks that were
 * not had.
 */
const SQL_STATES = /^(?:08|28|3D|40|53|57|58|55000|55P03)/;

const SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** The driver has no codes for these. */
const MESSAGES =
  /^(?:timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error|Cannot use a pool after calling end)/;

/** Whether an error of the Postgres driver means that the database is away or overloaded, and will come back. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = '' } = error as { code?: string };
  return SYSTEM_CODES.has(code) || SQL_STATES.test(sqlState(error) ?? '') || MESSAGES.test(error.message);
}
