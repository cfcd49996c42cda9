import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/cli/failure.ts';
import { Parts } from '../../src/cli/parts.ts';

function part(name: string, log: string[]) {
  return [name, async () => log.push(`${name} starts`), async () => log.push(`${name} stops`)] as const;
}

describe('parts', () => {
  test('are stopped in the opposite order, each once', async () => {
    const log: string[] = [];
    const parts = new Parts(1_000);
    await parts.start(...part('A', log));
    await parts.start(...part('B', log));
    await parts.stop(() => {});
    await parts.stop(() => {});
    expect(log).toEqual(['A starts', 'B starts', 'B stops', 'A stops']);
  });

  test('are named when they cannot be started', async () => {
    const start = new Parts(1_000).start(
      'The worker',
      () => Promise.reject(new Error('no bundle')),
      async () => {},
    );
    await expect(start).rejects.toThrow('The worker could not be started: no bundle');
  });

  test('keep the words of a failure that has some', async () => {
    const failure = new Failure({ title: 'Temporal does not answer' });
    await expect(
      new Parts(1_000).start(
        'The link',
        () => Promise.reject(failure),
        async () => {},
      ),
    ).rejects.toBe(failure);
  });

  test('are named when they fail while they run', async () => {
    const parts = new Parts(1_000);
    parts.watch('The local stack', Promise.reject(new Error('Postgres ended with SIGKILL.')));
    await expect(parts.failed).rejects.toThrow('The local stack failed: Postgres ended with SIGKILL.');
  });

  test('that do not stop cleanly do not keep the others from it', async () => {
    const log: string[] = [];
    const said: string[] = [];
    const parts = new Parts(1_000);
    await parts.start(...part('A', log));
    await parts.start(
      'B',
      async () => {},
      () => Promise.reject(new Error('stuck')),
    );
    await parts.stop((line) => said.push(line));
    expect(said).toEqual(['B did not stop cleanly: stuck']);
    expect(log).toContain('A stops');
  });

  test('that never stop are left behind', async () => {
    const log: string[] = [];
    const said: string[] = [];
    const parts = new Parts(20);
    await parts.start(...part('A', log));
    await parts.start(
      'B',
      async () => {},
      () => new Promise(() => {}),
    );
    await parts.stop((line) => said.push(line));
    expect(said).toEqual(['B did not stop cleanly: it took too long, and was left behind']);
    expect(log).toContain('A stops');
  });
});
