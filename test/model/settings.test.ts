import { describe, expect, test } from 'vitest';
import { readSettings } from '../../src/model/settings.ts';

const DEFAULTS = {
  SITREP_LISTEN: '127.0.0.1:7480',
  SITREP_URL: 'http://127.0.0.1:7480',
  SITREP_TOKEN: '',
  SITREP_AUTH: 'on',
  SITREP_READS_PER_MINUTE: 6_000,
  SITREP_REPORTS_PER_MINUTE: 60_000,
  SITREP_CHANGES_PER_MINUTE: 600,
  SITREP_AUDIT_DAYS: 365,
  SITREP_DATA_DIR: '.sitrep',
  SITREP_MAX_BODY: 268_435_456,
  SITREP_ORPHAN_GRACE_SECONDS: 3_600,
  SITREP_ENGINES: '',
  SITREP_SECRET_KEY: '',
  SITREP_WEBHOOK_ALLOW: '',
  SITREP_METRICS_LISTEN: '',
  SITREP_LOG_LEVEL: 'info',
  SITREP_WORKER_LISTEN: '',
  SITREP_CONNECTIONS: 10,
  SITREP_DRAIN_SECONDS: 0,
  SITREP_GRACE_SECONDS: 8,
};

describe('the settings', () => {
  test('have defaults', () => {
    expect(readSettings({})).toEqual(DEFAULTS);
  });

  test('are the defaults where a variable is empty', () => {
    const empty = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, '']));
    expect(readSettings(empty)).toEqual(DEFAULTS);
  });

  test('come from the environment, whatever else is in it', () => {
    const environment = {
      SITREP_LISTEN: '[::1]:80',
      SITREP_URL: 'https://sitrep.example.org/',
      SITREP_TOKEN: 'sitrep_x',
      SITREP_AUTH: 'off',
      SITREP_READS_PER_MINUTE: '1',
      SITREP_REPORTS_PER_MINUTE: '2',
      SITREP_CHANGES_PER_MINUTE: '3',
      SITREP_AUDIT_DAYS: '1',
      SITREP_DATA_DIR: '/var/lib/sitrep',
      SITREP_MAX_BODY: '1024',
      SITREP_KEEP_VERSIONS: '1',
      SITREP_ORPHAN_GRACE_SECONDS: '0',
      SITREP_ENGINES: './fans.ts',
      SITREP_SECRET_KEY: 'c2VjcmV0',
      SITREP_WEBHOOK_ALLOW: '10.0.0.0/8,::1/128',
      SITREP_METRICS_LISTEN: '0.0.0.0:9464',
      SITREP_LOG_LEVEL: 'debug',
      SITREP_WORKER_LISTEN: '127.0.0.1:7481',
      SITREP_CONNECTIONS: '20',
      SITREP_DRAIN_SECONDS: '5',
      SITREP_GRACE_SECONDS: '30',
    };
    expect(readSettings({ ...environment, SITREP_NOTHING: 'x', PATH: '/bin' })).toEqual({
      ...environment,
      SITREP_READS_PER_MINUTE: 1,
      SITREP_REPORTS_PER_MINUTE: 2,
      SITREP_CHANGES_PER_MINUTE: 3,
      SITREP_AUDIT_DAYS: 1,
      SITREP_MAX_BODY: 1024,
      SITREP_KEEP_VERSIONS: 1,
      SITREP_ORPHAN_GRACE_SECONDS: 0,
      SITREP_CONNECTIONS: 20,
      SITREP_DRAIN_SECONDS: 5,
      SITREP_GRACE_SECONDS: 30,
    });
  });

  test.each([
    ['SITREP_LISTEN', '127.0.0.1'],
    ['SITREP_LISTEN', ':7480'],
    ['SITREP_LISTEN', '::1:7480'],
    ['SITREP_LISTEN', 'localhost:http'],
    ['SITREP_LISTEN', 'http://localhost:7480'],
    ['SITREP_URL', '127.0.0.1'],
    ['SITREP_TOKEN', 'two words'],
    ['SITREP_AUTH', 'maybe'],
    ['SITREP_CHANGES_PER_MINUTE', '0'],
    ['SITREP_AUDIT_DAYS', '0'],
    ['SITREP_MAX_BODY', '1023'],
    ['SITREP_MAX_BODY', '256MiB'],
    ['SITREP_KEEP_VERSIONS', '0'],
    ['SITREP_KEEP_VERSIONS', '1.5'],
    ['SITREP_KEEP_VERSIONS', 'all'],
    ['SITREP_KEEP_VERSIONS', '9007199254740993'],
    ['SITREP_ORPHAN_GRACE_SECONDS', '-1'],
    ['SITREP_ORPHAN_GRACE_SECONDS', '1h'],
    ['SITREP_ORPHAN_GRACE_SECONDS', 'Infinity'],
    ['SITREP_METRICS_LISTEN', '9464'],
    ['SITREP_LOG_LEVEL', 'verbose'],
  ])('refuse %s=%s, and name it', (name, value) => {
    expect(() => readSettings({ [name]: value })).toThrow(
      new RegExp(`^The environment is not usable: ${name} must be [^;]*$`),
    );
  });

  test('name each variable that is wrong', () => {
    expect(() => readSettings({ SITREP_URL: 'x', SITREP_KEEP_VERSIONS: 'x', SITREP_DATA_DIR: 'x' })).toThrow(
      /SITREP_URL must be a URL; SITREP_KEEP_VERSIONS must be a whole number\.$/,
    );
  });
});
