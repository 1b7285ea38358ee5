import { setTimeout as delay } from "node:timers/promises";
import { closeRedis, connectRedis, type RedisConnection, type RedisSettings } from "./connection";
import { REDIS_KEYS, redisKey } from "./redis-keys";

/** Changes that are kept for readers that were away for a moment. */
const KEPT = 100;
/** How long a reader asks at a time: a connection that is silent for longer is taken for one that is gone. */
const BLOCK_MS = 5_000;
/** Before a reader that Redis refused asks again. */
const PAUSE_MS = 5_000;
/** A promotion is over, whether anybody hears of it at once or not. */
const ANNOUNCE_MS = 1_000;

const keyOf = (prefix: string) => redisKey(prefix, "champion-changes");

/**
 * Says that the champion of a model changed, so that servers that score with it look at once. Rejects for nothing: who
 * does not hear it looks every few seconds.
 *
 * @param connection one that is not ready is not waited for
 */
export async function announceChampion(
  connection: RedisConnection,
  { prefix }: Pick<RedisSettings, "prefix">,
  model: string,
): Promise<void> {
  if (connection.status !== "ready") return;
  const key = keyOf(prefix);
  const said = connection
    .multi()
    .xadd(key, "MAXLEN", "~", KEPT, "*", "model", model)
    .expire(key, REDIS_KEYS["champion-changes"].keptS)
    .exec()
    .catch(() => undefined);
  await Promise.race([said, delay(ANNOUNCE_MS, undefined, { ref: false })]);
}

/**
 * Calls `onChange` each time somebody says that a champion changed, by a connection of its own, which waits for it. While
 * Redis is away, or does not let this user read the stream, nothing is called.
 *
 * @returns ends it
 */
export function followChampions(redis: RedisSettings, onChange: (model: string) => void): () => void {
  const connection = connectRedis(redis);
  const ending = new AbortController();
  void follow(connection, keyOf(redis.prefix), onChange, ending.signal);
  return () => {
    ending.abort();
    closeRedis(connection);
  };
}

async function follow(
  connection: RedisConnection,
  key: string,
  onChange: (model: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let last: string | undefined;
  while (!signal.aborted) {
    try {
      last ??= await newestId(connection, key);
      const found = await connection.xread("COUNT", KEPT, "BLOCK", BLOCK_MS, "STREAMS", key, last);
      const entries = found?.[0]?.[1] ?? [];
      last = entries.at(-1)?.[0] ?? last;
      for (const model of new Set(entries.map(([, fields]) => fields[1] ?? ""))) onChange(model);
    } catch {
      await delay(PAUSE_MS, undefined, { ref: false, signal }).catch(() => undefined);
    }
  }
}

/** What came before somebody listens is not news. */
async function newestId(connection: RedisConnection, key: string): Promise<string> {
  const [entry] = await connection.xrevrange(key, "+", "-", "COUNT", 1);
  return entry?.[0] ?? "0-0";
}
