import { run } from './run.ts';

/** A reader that has gone (`| head`), or a terminal that was closed, is no reason to complain. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'EIO') return;
    process.exitCode = 1;
    if (stream !== process.stderr) process.stderr.write(`Cannot write: ${error.message}\n`);
  });
}

const code = await run(process.argv.slice(2), process);
// Left to end by itself, so that all that was printed arrives.
process.exitCode ||= code;
