import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLogFile } from '../../src/cli/log-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sitrep-log-'));
});
afterEach(() => rm(folder, { recursive: true }));

const read = (name: string) => readFile(join(folder, name), 'utf8');

test('a log is JSON lines, there as soon as they are logged', async () => {
  const log = openLogFile(folder, () => {});
  log.logger.info({ id: 7 }, 'hello');
  expect(JSON.parse(await read('sitrep.log'))).toMatchObject({ level: 30, id: 7, msg: 'hello' });
  log.close();
});

test('a log begins anew, and keeps the one before', async () => {
  for (const message of ['first', 'second', 'third']) {
    const log = openLogFile(folder, () => {});
    log.logger.info(message);
    log.close();
  }
  expect(await read('sitrep.log')).toMatch(/third/);
  expect(await read('sitrep.log.previous')).toMatch(/second/);
});

test('a log does not grow beyond twice its bound', async () => {
  const log = openLogFile(folder, () => {}, {}, 1_000);
  for (let n = 0; n < 200; n++) log.logger.info({ n }, 'a line of about fifty bytes');
  log.close();
  const all = (await read('sitrep.log.previous')) + (await read('sitrep.log'));
  expect(all.length).toBeLessThan(2_300);
  expect(all).toMatch(/"n":199/);
});

test('whoever watches sees warnings and errors, each kind once in a while', async () => {
  const shown: string[] = [];
  const log = openLogFile(folder, (line) => shown.push(line));
  log.logger.info('usual');
  for (let n = 0; n < 5; n++) log.logger.warn({ n }, 'slow');
  log.logger.error('broken');
  log.close();
  expect(shown).toEqual(['warning: slow', 'error: broken']);
});
