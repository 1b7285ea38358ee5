import type { RedisConnection } from "./connection";

/**
 * Redis's time in milliseconds since 1970: the one clock that all processes share. By INFO, which the documented rights
 * allow; this machine's time from a Redis below 6, which does not say it there.
 */
export async function redisTimeMs(connection: RedisConnection): Promise<number> {
  const said = /^server_time_usec:(\d+)/m.exec(await connection.info("server"))?.[1];
  return said === undefined ? Date.now() : Math.floor(Number(said) / 1_000);
}
