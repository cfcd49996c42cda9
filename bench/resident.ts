import { readFile, writeFile } from 'node:fs/promises';

// How much memory a process takes, as Linux counts it: only there can the highest mark be set back.

const MIB = 1024 * 1024;

/** MiB that are resident now. */
export function resident(pid: number): Promise<number> {
  return read(pid, 'VmRSS');
}

/** From now on the highest mark counts from what is resident now. */
export async function resetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

/** MiB that were resident at most since the mark was set back. */
export function peak(pid: number): Promise<number> {
  return read(pid, 'VmHWM');
}

async function read(pid: number, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`There is no ${field} of process ${pid}.`);
  return (Number(kilobytes) * 1024) / MIB;
}
