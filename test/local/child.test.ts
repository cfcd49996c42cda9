import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ChildOptions, startChild } from '../../src/local/child.ts';
import { temporaryFolder } from './own-processes.ts';

let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('one that ends before it is ready is reported with the end of its log', async () => {
  const starting = start('echo "disk is full" >&2; exit 3', { probe: never });
  await expect(starting).rejects.toThrow(/^The server ended with exit code 3 before .*disk is full/s);
});

test('one that is not ready in time is stopped and reported with the end of its log', async () => {
  const starting = start('echo "still loading"; exec sleep 60', { probe: never, readyWithin: 300 });
  await expect(starting).rejects.toThrow(/^The server was not ready within 0.3 s.*still loading/s);
});

test('a program that is not there is named', async () => {
  const starting = start('', { command: join(folder, 'missing') });
  await expect(starting).rejects.toThrow(/could not be started: .*missing ENOENT/);
});

test('one that ends by itself later makes `failed` reject', async () => {
  const child = await start('exec sleep 60');
  process.kill(child.pid, 'SIGKILL');
  await expect(child.failed).rejects.toThrow(/^The server ended with SIGKILL\./);
});

test('one that ignores the signal to stop is killed', async () => {
  const log = join(folder, 'log');
  const child = await start('trap "" TERM; echo deaf; while :; do sleep 0.1; done', {
    probe: () => untilLogged(log, 'deaf'),
    stopWithin: 200,
  });
  await child.stop();
  expect(() => process.kill(child.pid, 0)).toThrow('ESRCH');
});

test('the log of the run before is kept', async () => {
  for (const word of ['first', 'second']) {
    const child = await start(`echo ${word}; exec sleep 60`, {
      probe: () => untilLogged(join(folder, 'log'), word),
    });
    await child.stop();
  }
  expect(await readFile(join(folder, 'log.previous'), 'utf8')).toBe('first\n');
  expect(await readFile(join(folder, 'log'), 'utf8')).toBe('second\n');
});

function start(script: string, more: Partial<ChildOptions> = {}) {
  return startChild({
    name: 'The server',
    command: 'sh',
    args: ['-c', script],
    logFile: join(folder, 'log'),
    stopSignal: 'SIGTERM',
    probe: async () => {},
    readyWithin: 10_000,
    ...more,
  });
}

function never(): Promise<never> {
  return Promise.reject(new Error('not yet'));
}

async function untilLogged(file: string, word: string): Promise<void> {
  if (!(await readFile(file, 'utf8')).includes(word)) throw new Error('not yet');
}
