import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EreportView } from '../../src/model/ereport.ts';
import { newId } from '../../src/model/id.ts';
import { workflowIdOf } from '../../src/model/lifecycle.ts';
import type { ReceiverView } from '../../src/model/receiver.ts';
import type { SitrepView } from '../../src/model/views.ts';
import { startListening } from './listening.ts';
import {
  command,
  dataFolder,
  descendants,
  discard,
  isAlive,
  type LocalStack,
  startLocalStack,
  until,
} from './local-stack.ts';

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}.json`, import.meta.url));
const REMOVED = example('ereports/psu-remove');
const INSERTED = example('ereports/psu-insert');
const FIRST = example('sitreps/1-psu-removed');
const SECOND = example('sitreps/2-psu-inserted');

let folder: string;
let stack: LocalStack;

beforeAll(async () => {
  folder = await dataFolder();
  stack = await startLocalStack(folder);
}, 300_000);

afterAll(async () => {
  stack?.process.kill('SIGTERM');
  await stack?.ended;
  await discard(folder);
});

function sitrep(args: string[], stdin = '') {
  return command(args, { url: stack.url, dataDir: stack.dataDir, stdin });
}

async function read<View>(...args: string[]): Promise<View> {
  const { code, out, err } = await sitrep([...args, '-o', 'json']);
  if (code !== 0) throw new Error(err);
  return JSON.parse(out);
}

function reconciled(): Promise<void> {
  return until(
    'the current sitrep is reconciled',
    async () => (await read<SitrepView>('current')).rendezvous?.reconciled === true,
  );
}

// One story: each test goes on where the one before it ended.
describe('the commands against a local stack', () => {
  test('are let in by the token that it keeps in its data folder, and only by that', async () => {
    expect((await stat(stack.token)).mode & 0o777).toBe(0o600);
    const stranger = await command(['current'], { url: stack.url, folder });
    expect(stranger).toMatchObject({ code: 1, out: '' });
    expect(stranger.err).toMatch(/That takes a token.*SITREP_TOKEN.*npm start/s);
    const env = { SITREP_TOKEN: (await readFile(stack.token, 'utf8')).trim() };
    expect(await command(['history'], { url: stack.url, folder, env })).toMatchObject({ code: 0 });
    const wins = { ...env, SITREP_TOKEN: `sitrep_${'x'.repeat(43)}` };
    const refused = await command(['history'], { url: stack.url, dataDir: stack.dataDir, env: wins });
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringContaining('Nothing is known of this token'),
    });
  });

  test('find nothing at first, and say so', async () => {
    expect(await sitrep(['current'])).toMatchObject({ code: 1, out: '' });
    expect(await sitrep(['alerts', 'list'])).toEqual({ code: 0, out: 'No alerts yet.\n', err: '' });
    expect(await sitrep(['history'])).toEqual({ code: 0, out: 'No sitreps yet.\n', err: '' });
  });

  test('[I47] set the analysis off, so that what is submitted by hand from here on stays what it is', async () => {
    expect(await sitrep(['config', 'set', 'analysisEnabled=false'])).toMatchObject({ code: 0 });
  });

  test('[I41] submit ereports, once from a file and once more in a batch, and look at them', async () => {
    expect(await sitrep(['ereports', 'list'])).toEqual({ code: 0, out: 'No ereports yet.\n', err: '' });
    const first = await sitrep(['ereports', 'submit', REMOVED]);
    expect(first).toEqual({ code: 0, out: '1 ereport new, 0 known already.\n', err: '' });
    const files = await Promise.all([REMOVED, INSERTED].map((file) => readFile(file, 'utf8')));
    const sent = files.map((text) => JSON.parse(text));
    const lines = [...sent.map((one) => JSON.stringify(one)), '{"ena":"0x3a3"}'].join('\n');
    const batch = await sitrep(['ereports', 'submit', '-'], lines);
    expect(batch).toMatchObject({ code: 1, err: '' });
    expect(batch.out).toMatch(/^1 ereport new, 1 known already, 1 refused/);
    expect(batch.out).toMatch(/line 3 \/restartId +is required/);
    const list = await read<{ items: EreportView[] }>('ereports', 'list', '--class', 'hw.*.psu', '--no-seen');
    expect(list.items.map((one) => one.class)).toEqual(['hw.insert.psu', 'hw.remove.psu']);
    const shown = await sitrep(['ereports', 'show', sent[0].restartId, String(Number(sent[0].ena))]);
    expect(shown).toMatchObject({ code: 0, out: expect.stringContaining('power shelf 0') });
    expect(await sitrep(['ereports', 'show', sent[0].restartId, '1'])).toMatchObject({ code: 1, out: '' });
  });

  test('submit the first example, which causes its alert', async () => {
    const { code, out } = await sitrep(['submit', FIRST]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Sitrep [0-9a-f-]{36} is current, version 1\.\n$/);
    await reconciled();
    const { items } = await read<{ items: unknown[] }>('alerts', 'list');
    const [{ alertRequests }] = JSON.parse(await readFile(FIRST, 'utf8')).cases;
    expect(items).toMatchObject([
      { id: alertRequests[0].id, class: alertRequests[0].class, payload: alertRequests[0].payload },
    ]);
  });

  test('[I12] submit it again: it is recognised, and causes nothing', async () => {
    const { code, out } = await sitrep(['submit', FIRST]);
    expect(code).toBe(0);
    expect(out).toMatch(/was submitted before, and is current, version 1/);
    expect((await read<{ items: unknown[] }>('alerts', 'list')).items).toHaveLength(1);
  });

  test('[I5] submit two children of it: one becomes current, the other one is refused and orphaned', async () => {
    expect(await sitrep(['submit', SECOND])).toMatchObject({ code: 0 });
    const { id, ...late } = JSON.parse(await readFile(SECOND, 'utf8'));
    const lost = await sitrep(
      ['submit', '-', '-o', 'json'],
      JSON.stringify({ ...late, comment: 'too late' }),
    );
    expect(lost).toMatchObject({ code: 1, out: '' });
    expect(JSON.parse(lost.err)).toMatchObject({
      type: 'urn:sitrep:problem:parent-not-current',
      status: 409,
    });
    const { items } = await read<{ items: SitrepView[] }>('history', '--state', 'orphaned');
    expect(items).toMatchObject([{ comment: 'too late', state: 'orphaned', version: null }]);
    expect((await read<SitrepView>('current')).id).toBe(id);
  });

  test('read what is current, and submit it edited as its child', async () => {
    await reconciled();
    const edited = await read<SitrepView>('show', 'current');
    edited.comment = 'looked at';
    edited.cases.push({
      id: '0191e2d0-0000-7000-8000-000000000001',
      engine: 'by hand',
      closed: false,
      comment: '',
      ereports: [],
      alertRequests: [],
    } as unknown as SitrepView['cases'][number]);
    const document = JSON.stringify(edited);
    expect(await sitrep(['submit', '--as-child', '-'], document)).toMatchObject({ code: 0 });
    const now = await read<SitrepView>('current');
    expect(now).toMatchObject({ parentId: edited.id, version: 3, comment: 'looked at' });
    const diff = await sitrep(['diff', 'v2', 'v3']);
    expect(diff.out).toMatch(/1 case opened\n\+ 0191e2d0-0000-7000-8000-000000000001 {2}by hand\n$/);
    const again = await sitrep(['submit', '--as-child', '-'], document);
    expect(again.code).toBe(1);
    expect(again.err).toMatch(/--as-child/);
  });

  test('[I47] set it on again, whereupon it goes on from what is current, with what came meanwhile', async () => {
    expect(await sitrep(['config', 'set', 'analysisEnabled=true'])).toMatchObject({ code: 0 });
    // A closed case is dropped as soon as all it was carried for is done.
    const opened = async () => (await read<SitrepView>('current')).cases.map(({ closed }) => closed);
    await expect.poll(opened, { timeout: 30_000 }).toEqual([false]);
    const seen = async () =>
      (await read<{ items: EreportView[] }>('ereports', 'list', '--seen')).items.length;
    await expect.poll(seen, { timeout: 30_000 }).toBe(2);
    expect(await sitrep(['config', 'set', 'analysisEnabled=false'])).toMatchObject({ code: 0 });
  });

  test('say in words what is wrong with a document, and where', async () => {
    const { id: _, ...document } = JSON.parse(await readFile(FIRST, 'utf8'));
    document.cases[0].alertRequests[0].class = 'hardware.gone';
    const { code, err } = await sitrep(['submit', '-'], JSON.stringify(document));
    expect(code).toBe(1);
    expect(err).toMatch(/not a valid sitrep/);
    expect(err).toMatch(/\/cases\/0\/alertRequests\/0\/class +is not a known alert class/);
  });

  test('[I15] delete an alert, which stays deleted', async () => {
    const before = await read<{ items: { id: string }[] }>('alerts', 'list');
    const id = before.items[0]?.id as string;
    expect(await sitrep(['alerts', 'show', id])).toMatchObject({ code: 0 });
    expect(await sitrep(['alerts', 'delete', id])).toMatchObject({ code: 0 });
    expect(await sitrep(['tend'])).toMatchObject({ code: 0, out: expect.stringContaining('COUNT') });
    expect(await sitrep(['alerts', 'show', id])).toMatchObject({ code: 1 });
    expect(await sitrep(['alerts', 'delete', id])).toMatchObject({ code: 1 });
  });

  test('[I26] a dry run of tend says that it is one', async () => {
    const report = await read<{ dryRun: boolean }>('tend', '--dry-run');
    expect(report.dryRun).toBe(true);
  });

  test('end quietly when their reader has gone', async () => {
    const program = fileURLToPath(new URL('../../bin/sitrep.mjs', import.meta.url));
    const line = `'${process.execPath}' '${program}' show current -o json | head -c 1`;
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', line], {
      env: { ...process.env, SITREP_URL: stack.url, SITREP_DATA_DIR: stack.dataDir },
    });
    expect({ stdout, stderr }).toEqual({ stdout: '{', stderr: '' });
  });
});

describe('sitrep listen', () => {
  const receivers = async () => (await read<{ items: ReceiverView[] }>('receivers', 'list')).items;

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'hears of an alert, and takes its receiver away on %s',
    async (signal) => {
      const listening = await startListening(stack);
      expect(await receivers()).toMatchObject([
        {
          name: listening.name,
          endpoint: listening.endpoint,
          enabled: true,
          subscriptions: ['**', 'test.**'],
        },
      ]);
      const current = await read<SitrepView>('current');
      const id = newId();
      const request = { id, class: 'test.foo', version: 0, payload: { slot: 4 }, comment: '' };
      const asks = {
        id: newId(),
        engine: 'by hand',
        closed: false,
        comment: '',
        ereports: [],
        alertRequests: [request],
      };
      const document = JSON.stringify({ ...current, cases: [...current.cases, asks] });
      expect(await sitrep(['submit', '--as-child', '-'], document)).toMatchObject({ code: 0 });
      await until('the alert arrives', () => listening.arrivals().length > 0, 30_000);
      expect(await sitrep(['receivers', 'probe', listening.name])).toMatchObject({ code: 0 });
      expect(listening.arrivals()).toMatchObject([
        { verified: true, repeats: 0, webhookId: id, message: { type: 'test.foo', data: { slot: 4 } } },
        { verified: true, repeats: 0, message: { type: 'probe' } },
      ]);
      listening.process.kill(signal);
      expect(await listening.ended).toEqual({
        code: 0,
        err: expect.stringMatching(/Stopped; the receiver listen-\w+ is removed\.\n$/),
      });
      expect(await receivers()).toEqual([]);
    },
    120_000,
  );
});

describe('the local stack', () => {
  test('refuses a second one in its data folder, and one at its address', async () => {
    const env = { SITREP_DATA_DIR: stack.dataDir, SITREP_LISTEN: '127.0.0.1:0' };
    const sameFolder = await command(['up'], { folder, env });
    expect(sameFolder.code).toBe(1);
    expect(sameFolder.err).toContain('SITREP_DATA_DIR');
    const sameAddress = await command(['up'], {
      folder,
      env: { ...env, SITREP_LISTEN: new URL(stack.url).host },
    });
    expect(sameAddress.code).toBe(1);
    expect(sameAddress.err).toContain(`Port ${new URL(stack.url).port} of 127.0.0.1 is taken`);
  });

  test('stops all of it on Ctrl-C, and finds its data when it starts again', async () => {
    const { id, version } = await read<SitrepView>('current');
    const token = await readFile(stack.token, 'utf8');
    const children = await descendants(stack.process.pid as number);
    expect(children.length).toBeGreaterThan(2);
    const begun = Date.now();
    stack.process.kill('SIGINT');
    const { code, err } = await stack.ended;
    expect(code).toBe(0);
    expect(err).toMatch(/Stopped\.\n$/);
    // Nothing was wrong, so nobody was to be warned.
    expect(err).not.toMatch(/^(?:warning|error):/m);
    expect(Date.now() - begun).toBeLessThan(15_000);
    expect(children.filter(isAlive)).toEqual([]);

    stack = await startLocalStack(folder);
    // By the token of before, which is kept.
    expect(await readFile(stack.token, 'utf8')).toBe(token);
    expect(await read<SitrepView>('current')).toMatchObject({ id, version });
    const connection = await Connection.connect({ address: stack.temporalAddress });
    const { status } = await new Client({ connection }).workflow.getHandle(workflowIdOf(id)).describe();
    await connection.close();
    expect(status.name).toBe('RUNNING');
  }, 60_000);

  test('that loses a server names it, stops the rest, and ends with 1', async () => {
    const children = await descendants(stack.process.pid as number);
    const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,args=']);
    const temporal = stdout
      .split('\n')
      .find((line) => line.includes('temporal.db') && line.includes(stack.dataDir));
    process.kill(Number(temporal?.trim().split(/\s+/)[0]), 'SIGKILL');
    const { code, err } = await stack.ended;
    expect(code).toBe(1);
    expect(err).toMatch(/Temporal ended with SIGKILL/);
    await until('no process is left', () => children.filter(isAlive).length === 0);
  }, 60_000);
});
