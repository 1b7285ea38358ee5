import type { RedisConnection } from "./connection";
import { REDIS_KEYS, redisKey } from "./redis-keys";

/** Outputs that are remembered of a model: the last ones may have been moved away. */
const REMEMBERED = 20;

/** A complete output of a predict job. */
export interface RememberedOutput {
  path: string;
  /** When it was complete, in milliseconds since 1970. */
  at: number;
}

/**
 * Remembers an output as the latest of its model, however many other jobs end after it.
 *
 * @param model name of the registered model
 */
export async function rememberOutput(
  connection: RedisConnection,
  prefix: string,
  model: string,
  { path, at }: RememberedOutput,
): Promise<void> {
  const key = redisKey(prefix, "latest-predictions", model);
  await connection.zadd(key, at, path);
  await connection.zremrangebyrank(key, 0, -1 - REMEMBERED);
  await connection.expire(key, REDIS_KEYS["latest-predictions"].keptS);
}

/** The remembered outputs of a model, newest first. */
export async function rememberedOutputs(
  connection: RedisConnection,
  prefix: string,
  model: string,
): Promise<RememberedOutput[]> {
  const key = redisKey(prefix, "latest-predictions", model);
  const pairs = ((await connection.zrevrange(key, "0", "-1", "WITHSCORES")) as unknown[]).flat().map(String);
  const outputs = Array.from({ length: pairs.length / 2 }, (_, i) => ({
    path: pairs[2 * i]!,
    at: Number(pairs[2 * i + 1]),
  }));
  // another program may have put one there without a time
  return outputs.filter(({ at }) => Number.isFinite(at));
}
