import { createLimitedLog, type LimitedLog } from "../logging/limited-log";
import type { Logger } from "../logging/logger";
import { type RedisPlace, redisError, redisNamed } from "./redis-errors";

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
export function logRedisError(logger: Logger, error: unknown, redis: RedisPlace): void {
  const { code, message } = redisError(error, redis);
  const outage = outageOf(logger);
  if (code === "REDIS_UNREACHABLE") outage.isAway = true;
  outage.log.warn(message, code === "INTERNAL" ? message : code);
}

/** Logs once that Redis answers again, if it was away. */
export function logRedisBack(logger: Logger, redis: RedisPlace): void {
  const outage = outages.get(logger);
  if (!outage?.isAway) return;
  outage.isAway = false;
  logger.info(`${redisNamed(redis)} answers again`);
}
