import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';

/** Heartbeats per time-out: two may get lost. */
const BEATS = 3;

/**
 * Tells Temporal that a long activity is alive, also while one statement runs for longer than the heartbeat
 * time-out. `progress` is kept by Temporal for the next attempt (`activityInfo().heartbeatDetails`), and
 * throws once the activity is cancelled or timed out: at the end of a chunk, where nothing is half done.
 */
export async function withHeartbeats<T>(
  work: (progress: (details: unknown) => void) => Promise<T>,
): Promise<T> {
  const { heartbeatTimeoutMs } = activityInfo();
  let latest: unknown = activityInfo().heartbeatDetails;
  const signal = cancellationSignal();
  const timer = heartbeatTimeoutMs && setInterval(() => heartbeat(latest), heartbeatTimeoutMs / BEATS);
  try {
    return await work((details) => {
      latest = details;
      heartbeat(details);
      signal.throwIfAborted();
    });
  } finally {
    clearInterval(timer);
  }
}
