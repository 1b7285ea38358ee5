import type { Logger } from "./logger";

/** An absent or full Redis makes workers emit thousands of errors per second; one line in this time is enough. */
const LIMITED_LOG_MS = 30_000;

/** Warns at most once per interval a message, and says how many were left out before. */
export interface LimitedLog {
  /** @param key what counts as the same message; default: the message */
  warn(message: string, key?: string): void;
  /** How many lines were left out since the start. */
  readonly suppressed: number;
}

export function createLimitedLog(
  logger: Pick<Logger, "warn">,
  intervalMs = LIMITED_LOG_MS,
  now = () => performance.now(),
): LimitedLog {
  const last = new Map<string, { at: number; left: number }>();
  let suppressed = 0;
  return {
    warn(message, key = message) {
      const seen = last.get(key);
      if (seen && now() - seen.at < intervalMs) {
        seen.left++;
        suppressed++;
        return;
      }
      // A message that varies without end must not grow the map without end.
      if (last.size > 100) last.clear();
      last.set(key, { at: now(), left: 0 });
      logger.warn(message, seen && seen.left > 0 ? { repeated: seen.left } : undefined);
    },
    get suppressed() {
      return suppressed;
    },
  };
}
