import { type Finding, ok, problem, warning } from "../finding";
import { numberIn, type RedisInfo } from "./redis-info";

const CHECK = "redis memory";
const MIB = 1_048_576;
const NEARLY_FULL = 0.75;
/** A window of chunks with `transport: redis` has more than what is left then. */
const FULL = 0.95;

/** How much of its memory Redis has used: of maxmemory, or of the machine if that is not set. */
export function checkRedisMemory(info: RedisInfo): Finding {
  const used = info && numberIn(info, "used_memory");
  if (!info || used === undefined)
    return warning(
      CHECK,
      "Redis does not say its memory to this user",
      "allow it INFO: ACL SETUSER ... +info",
    );
  const maxmemory = numberIn(info, "maxmemory") || undefined;
  const limit = maxmemory ?? numberIn(info, "total_system_memory");
  const mib = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;
  if (limit === undefined || limit === 0) return ok(CHECK, `${mib(used)} used, no maxmemory`);
  const of = maxmemory === undefined ? "the machine's" : "maxmemory's";
  const message = `${mib(used)} of ${of} ${mib(limit)} used`;
  const mend = "raise it (redis-cli CONFIG SET maxmemory 2gb), or remove old jobs: `cola queues`";
  if (used >= FULL * limit) return problem(CHECK, `${message}: jobs are refused when it is full`, mend);
  return used >= NEARLY_FULL * limit ? warning(CHECK, message, mend) : ok(CHECK, message);
}
