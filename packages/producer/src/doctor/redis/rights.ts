import { messageOf } from "@colaml/shared/errors/cola-error";
import { isRefusal } from "@colaml/shared/queue/redis-errors";
import { REDIS_KEYS, redisKey } from "@colaml/shared/queue/redis-keys";
import { type Finding, ok, problem } from "../finding";

const CHECK = "redis rights";

/** What the check needs of a connection. */
export interface RedisCalls {
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
}

/** Calls that BullMQ and ColaML make, one a kind of right, on keys of this process only. */
function callsOn(keyOf: (name: string) => string): [string, ...(string | number)[]][] {
  const script = "return redis.call('SET', KEYS[1], '1', 'EX', ARGV[1])";
  return [
    ["EVAL", script, 1, keyOf("script"), REDIS_KEYS.probe.keptS],
    ["SCRIPT", "LOAD", script],
    ["HSET", keyOf("hash"), "a", "1"],
    ["LPUSH", keyOf("list"), "a"],
    ["LMOVE", keyOf("list"), keyOf("list"), "LEFT", "RIGHT"],
    ["ZADD", keyOf("sorted"), 1, "a"],
    ["BZPOPMIN", keyOf("sorted"), 1],
    ["XADD", keyOf("stream"), "MAXLEN", 1, "*", "a", "1"],
    ["SADD", keyOf("set"), "a"],
    ["MULTI"],
    ["EXEC"],
    ["INFO", "server"],
    ["CLIENT", "LIST"],
  ];
}

const KINDS = ["script", "hash", "list", "sorted", "stream", "set"];

/**
 * Makes each kind of call once, under the prefix, and says which ones are refused. The keys expire by themselves.
 *
 * @param owner tells apart who checks at the same time: the process id
 */
export async function checkRedisRights(
  redis: RedisCalls,
  prefix: string,
  owner: number | string,
): Promise<Finding> {
  const keyOf = (name: string) => redisKey(prefix, "probe", `${owner}-${name}`);
  const refused: string[] = [];
  for (const [command, ...args] of callsOn(keyOf)) {
    const failure = await redis.call(command, ...args).catch((error: unknown) => error);
    if (!(failure instanceof Error)) continue;
    if (!isRefusal(failure)) throw failure;
    refused.push(
      `${command}${command === "SCRIPT" || command === "CLIENT" ? ` ${args[0]}` : ""} (${messageOf(failure)})`,
    );
  }
  for (const kind of KINDS) {
    await redis.call("EXPIRE", keyOf(kind), REDIS_KEYS.probe.keptS).catch(() => undefined);
    await redis.call("UNLINK", keyOf(kind)).catch(() => undefined);
  }
  if (refused.length === 0) return ok(CHECK, `all that is needed, on keys ${prefix}*`);
  return problem(
    CHECK,
    `this user may not: ${refused.join("; ")}`,
    `ACL SETUSER USER ~${prefix}* -@all +@read +@write +@connection +@transaction +eval +evalsha +script|load -@dangerous +info +client|list`,
  );
}
