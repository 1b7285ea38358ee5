import { type Finding, ok, problem, warning } from "../finding";
import type { RedisInfo } from "./redis-info";

const CHECK = "redis version";
/** BullMQ needs 6.2. */
const LEAST: readonly [number, number] = [6, 2];
/** The first release of a line in which scripts cannot break out (CVE-2025-49844 and its like). */
const PATCHED: Readonly<Record<string, number>> = { "6.2": 20, "7.2": 11, "7.4": 6, "8.0": 4, "8.2": 2 };

/**
 * Whether BullMQ can work with this server, and whether its line's hole in scripts is closed.
 *
 * @param isLoopback only programs of this machine reach it: the hole is then not a warning
 */
export function checkRedisVersion(info: RedisInfo, isLoopback: boolean): Finding {
  const version = info?.get("redis_version");
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version ?? "") ?? [];
  if (version === undefined || major === undefined)
    return warning(
      CHECK,
      "Redis does not say its version to this user",
      "allow it INFO: ACL SETUSER ... +info",
    );
  const isOld = Number(major) < LEAST[0] || (Number(major) === LEAST[0] && Number(minor) < LEAST[1]);
  if (isOld)
    return problem(
      CHECK,
      `Redis is ${version}, BullMQ needs ${LEAST.join(".")}`,
      "install Redis 7.4.6 or later",
    );
  const least = PATCHED[`${major}.${minor}`];
  // Distributions mend older numbers by themselves, and a compatible server has numbers of its own.
  if (least === undefined || Number(patch) >= least || info?.has("valkey_version") || isLoopback)
    return ok(CHECK, `Redis ${version}`);
  return warning(
    CHECK,
    `Redis is ${version}: scripts can break out of their sandbox before ${major}.${minor}.${least} (CVE-2025-49844)`,
    `install ${major}.${minor}.${least} or later, unless your distribution has mended it`,
  );
}
