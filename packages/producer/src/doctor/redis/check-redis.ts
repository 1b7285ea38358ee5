import { closeRedis, connectRedis, untilReady } from "@colaml/shared/queue/connection";
import { redisNamed } from "@colaml/shared/queue/redis-errors";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { checkClockSkew } from "../clock-skew";
import { type Finding, ok } from "../finding";
import { CHECK_MS, inTime } from "../in-time";
import { checkRedisEviction } from "./eviction";
import { checkRedisMemory } from "./memory";
import { checkRedisOutputBuffer } from "./output-buffer";
import { checkRedisPersistence } from "./persistence";
import { numberIn, type RedisInfo, readRedisInfo } from "./redis-info";
import { checkRedisRights, type RedisCalls } from "./rights";
import { checkRedisVersion } from "./version";

const REACHABLE = "redis";
const MEND = "check that Redis runs, REDIS_URL and REDIS_PASSWORD, and the network";

/**
 * All that is to be known of the Redis of the settings; of one that is away only that.
 *
 * @param clock milliseconds since 1970
 */
export async function checkRedisServer(
  config: Pick<ColaConfig, "redis" | "predict">,
  clock: () => number,
): Promise<Finding[]> {
  const { redis, predict } = config;
  const connection = connectRedis(redis);
  try {
    const reached = await inTime(REACHABLE, MEND, async () => {
      await untilReady(connection, redis, CHECK_MS - 1_000);
      return ok(REACHABLE, `answers: ${redisNamed(redis)}`);
    });
    if (reached.state !== "ok") return [reached];
    const info = await readRedisInfo(connection);
    const look = (check: string, find: () => Promise<Finding>) => inTime(check, MEND, find);
    return [
      reached,
      checkRedisVersion(info, isLoopback(redis.url)),
      checkRedisEviction(info),
      checkRedisPersistence(info),
      checkRedisMemory(info),
      await look("redis rights", () => checkRedisRights(connection as RedisCalls, redis.prefix, process.pid)),
      await look("redis client-output-buffer-limit", () => checkRedisOutputBuffer(connection, predict)),
      ...clockOf(info, clock()),
    ];
  } finally {
    closeRedis(connection);
  }
}

/** By INFO: TIME is not among the least rights. */
function clockOf(info: RedisInfo, nowMs: number): Finding[] {
  const micros = info && numberIn(info, "server_time_usec");
  return micros === undefined ? [] : [checkClockSkew("Redis", micros / 1_000, nowMs)];
}

const isLoopback = (url: string) => /^(127\.|localhost$|\[::1\]$)/.test(new URL(url).hostname);
