const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm hands on a Ctrl-C that the terminal has sent to this process already: what comes so soon is the same one. */
const SAME_PRESS = 1_000;

/**
 * Aborts when the process is asked to stop. Who asks again doesn't want to wait any longer: then it ends at
 * once, and its children are told to on the way out.
 */
export function stopSignal(insisted: () => void = () => process.exit(1)): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (!controller.signal.aborted) {
        first = Date.now();
        controller.abort(new Error(`Stopped by ${name}.`));
      } else if (Date.now() - first > SAME_PRESS) {
        insisted();
      }
    });
  }
  return controller.signal;
}

/** For what was said to arrive. */
const LAST_WORDS = 1_000;

/**
 * A process whose parts have stopped ends by itself; should anything be left in it that keeps it, such as what did not
 * stop in time, or a library's own, it ends soon after all, with the exit code that it has by then.
 */
export function endAnyway(): void {
  setTimeout(() => process.exit(), LAST_WORDS).unref();
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}
