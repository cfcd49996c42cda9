import pg from 'pg';
import { expect, test } from 'vitest';
import { isOutage } from '../../src/api/outage.ts';

function errorOf(code: string): Error {
  return Object.assign(new pg.DatabaseError('from the server', 0, 'error'), { code });
}

test.each([
  ['the password is wrong', '28P01'],
  ['the database does not exist', '3D000'],
  ['the database lets nobody in', '55000'],
  ['there are too many connections', '53300'],
  ['the server shuts down', '57P01'],
  ['a lock was not had in time', '55P03'],
])('that %s is an outage, not a fault of the service', (_, code) => {
  expect(isOutage(errorOf(code))).toBe(true);
});

test.each([
  ['a syntax error', '42601'],
  ['a broken constraint', '23505'],
])('%s is a fault of the service', (_, code) => {
  expect(isOutage(errorOf(code))).toBe(false);
});
