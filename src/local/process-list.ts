import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { promisify } from 'node:util';

export interface RunningProcess {
  pid: number;
  commandLine: string;
}

const PS_TIMEOUT = 10_000;

/** All processes of this machine with their arguments, separated by spaces. */
export function listProcesses(): Promise<RunningProcess[]> {
  return platform() === 'linux' ? fromProc() : fromPs();
}

// Slim Linux images have no `ps`. What ends while it is read, or has ended (a zombie), has no command line.
async function fromProc(): Promise<RunningProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    pids.map(async (pid) => {
      const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return { pid: Number(pid), commandLine: raw.replaceAll('\0', ' ').trim() };
    }),
  );
}

async function fromPs(): Promise<RunningProcess[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pid=,command='], {
    timeout: PS_TIMEOUT,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, commandLine] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid && commandLine ? [{ pid: Number(pid), commandLine }] : [];
  });
}
