import { createLimitedLog, type LimitedLog } from "../logging/limited-log";
import type { Logger } from "../logging/logger";
import { redisError } from "./redis-errors";

interface Outage {
  log: LimitedLog;
  isAway: boolean;
}

/** A process has many connections, queues and workers, and one log: of an outage they say one thing together. */
const outages = new WeakMap<Logger, Outage>();

function outageOf(logger: Logger): Outage {
  const outage = outages.get(logger) ?? { log: createLimitedLog(logger), isAway: false };
  outages.set(logger, outage);
  return outage;
}

/**
 * Logs an error of Redis: one line in 30 seconds for each kind of it (away, refusing, full), whatever connection, queue or
 * worker of the process it comes from. Other errors: one line each in that time.
 */
export function logRedisError(logger: Logger, error: unknown, url: string): void {
  const { code, message } = redisError(error, url);
  const outage = outageOf(logger);
  if (code === "REDIS_UNREACHABLE") outage.isAway = true;
  outage.log.warn(message, code === "INTERNAL" ? message : code);
}

/** Logs once that Redis answers again, if it was away. */
export function logRedisBack(logger: Logger, address: string): void {
  const outage = outages.get(logger);
  if (!outage?.isAway) return;
  outage.isAway = false;
  logger.info(`Redis at ${address} answers again`);
}
