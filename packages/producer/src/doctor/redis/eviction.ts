import { type Finding, ok, problem, warning } from "../finding";
import type { RedisInfo } from "./redis-info";

const CHECK = "redis eviction";

/** A Redis that evicts keys when it is full loses jobs without a word. */
export function checkRedisEviction(info: RedisInfo): Finding {
  const policy = info?.get("maxmemory_policy");
  if (policy === undefined)
    return warning(
      CHECK,
      "Redis does not say its maxmemory-policy to this user",
      "allow it INFO: ACL SETUSER ... +info",
    );
  if (policy === "noeviction") return ok(CHECK, "no keys are evicted");
  return problem(
    CHECK,
    `maxmemory-policy is ${policy}: jobs would vanish when memory runs out`,
    "redis-cli CONFIG SET maxmemory-policy noeviction && redis-cli CONFIG REWRITE",
  );
}
