import { closeRedis, connectRedis, untilReady } from "@colaml/shared/queue/connection";
import { redisAddress } from "@colaml/shared/queue/redis-errors";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { checkClockSkew } from "../clock-skew";
import { type Finding, ok } from "../finding";
import { CHECK_MS, inTime } from "../in-time";
import { checkRedisEviction } from "./eviction";
import { checkRedisMemory } from "./memory";
import { checkRedisOutputBuffer } from "./output-buffer";
import { checkRedisPersistence } from "./persistence";
import { readRedisInfo } from "./redis-info";
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
      await untilReady(connection, redis.url, CHECK_MS - 1_000);
      return ok(REACHABLE, `answers at ${redisAddress(redis.url)}`);
    });
    if (reached.state !== "ok") return [reached];
    const info = await readRedisInfo(connection);
    const look = (check: string, find: () => Promise<Finding>) => inTime(check, MEND, find);
    return [
      reached,
      checkRedisVersion(info),
      checkRedisEviction(info),
      checkRedisPersistence(info),
      checkRedisMemory(info),
      await look("redis rights", () => checkRedisRights(connection as RedisCalls, redis.prefix, process.pid)),
      await look("redis client-output-buffer-limit", () => checkRedisOutputBuffer(connection, predict)),
      await look("redis clock", async () => {
        const [seconds = 0, micros = 0] = ((await connection.call("TIME")) as string[]).map(Number);
        return checkClockSkew("Redis", seconds * 1_000 + micros / 1_000, clock());
      }),
    ];
  } finally {
    closeRedis(connection);
  }
}
