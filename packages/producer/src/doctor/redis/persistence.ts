import { type Finding, ok, problem, warning } from "../finding";
import type { RedisInfo } from "./redis-info";

const CHECK = "redis persistence";

/** Whether jobs outlive a restart of Redis, and whether its disk takes what it writes. */
export function checkRedisPersistence(info: RedisInfo): Finding {
  if (info?.get("aof_enabled") === undefined)
    return warning(
      CHECK,
      "Redis does not say whether it keeps its data to this user",
      "allow it INFO: ACL SETUSER ... +info",
    );
  for (const field of ["aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status"]) {
    const status = info.get(field) ?? "ok";
    if (status !== "ok")
      return problem(
        CHECK,
        `${field} is ${status}: Redis could not write to its disk`,
        "make room on the disk of Redis, and look into its log",
      );
  }
  if (info.get("aof_enabled") === "1") return ok(CHECK, "append-only file on");
  return warning(
    CHECK,
    "the append-only file is off: a restart of Redis loses the jobs since its last snapshot",
    "redis-cli CONFIG SET appendonly yes && redis-cli CONFIG REWRITE",
  );
}
