import { setTimeout as pause } from 'node:timers/promises';
import { listProcesses, type RunningProcess } from './process-list.ts';

/** How a child of ours is recognised: by arguments that name its data. */
export interface Mark {
  name: string;
  args: string;
  stopSignal: NodeJS.Signals;
}

const STOP_WITHIN = 10_000;
const LOOK_EVERY = 50;

/**
 * Stops what a run that was killed has left running, to be called only by who holds the folder's lock: then
 * no live parent can be there. The process list needs no pid files, which may be missing or name another process.
 */
export async function stopLeftovers(marks: Mark[], report: (line: string) => void): Promise<void> {
  await Promise.all(marks.map((mark) => stopAll(mark, report)));
}

async function stopAll(mark: Mark, report: (line: string) => void): Promise<void> {
  const found = await findMarked(mark);
  if (found.length === 0) return;
  report(`${mark.name}: stopping process ${found.join(', ')} of an earlier run that was killed`);
  send(found, mark.stopSignal);
  const deadline = Date.now() + STOP_WITHIN;
  let left = found;
  while (left.length > 0) {
    if (Date.now() > deadline) send(left, 'SIGKILL');
    await pause(LOOK_EVERY);
    left = await findMarked(mark);
  }
}

async function findMarked({ args }: Mark): Promise<number[]> {
  const isMarked = ({ commandLine }: RunningProcess) => `${commandLine} `.includes(` ${args} `);
  return (await listProcesses()).filter(isMarked).map(({ pid }) => pid);
}

function send(pids: number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      // ESRCH: it has just ended. Of another user, EPERM: it can't be stopped, so say which one it is.
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') continue;
      throw new Error(`Process ${pid} of an earlier run could not be stopped: ${(error as Error).message}`);
    }
  }
}
