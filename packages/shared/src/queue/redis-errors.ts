import { ColaError, messageOf } from "../errors/cola-error";
import { redactUrl } from "../settings/resolve-config";

const REFUSED =
  /\b(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|invalid (username-)?password|operation not permitted)\b/i;
const FULL = /\b(OOM command not allowed|MISCONF)\b/;
/** The name that Sentinel's own example gives. */
export const DEFAULT_MASTER = "mymaster";
/** The server became a replica, or is one whose master is away: a failover is under way or done. */
const DEMOTED = /\b(READONLY|MASTERDOWN|UNBLOCKED)\b/;
const UNREACHABLE =
  /READONLY|MASTERDOWN|UNBLOCKED|\bLOADING\b|\bBUSY\b|\bNOREPLICAS\b|Socket timeout|All sentinels|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|Connection is closed|Stream isn't writeable|max retries per request|Command timed out|CERT|certificate|TLS|SSL|CLUSTERDOWN|slots cache|None of startup nodes/i;

/** By which settings Redis is found. */
export interface RedisPlace {
  url: string;
  /** `host:port,...` of those that know the master; empty or absent: `url` is where Redis is. */
  sentinels?: string | undefined;
  sentinelName?: string | undefined;
}

const isWatched = ({ sentinels = "" }: RedisPlace) => sentinels.trim() !== "";

/** Where Redis is, without credentials, for messages: `Redis at redis://host:port`, or the master and who knows it. */
export function redisNamed(redis: RedisPlace): string {
  if (!isWatched(redis)) return `Redis at ${redactUrl(redis.url)}`;
  return `Redis master ${redis.sentinelName ?? DEFAULT_MASTER} of Sentinel at ${redis.sentinels}`;
}

/** Whether Redis answered that this user may not do it: waiting does not help. */
export function isRefusal(error: unknown): boolean {
  return REFUSED.test(messageOf(error));
}

/** Whether Redis answered that it is out of memory or disk: waiting helps. */
export function isFull(error: unknown): boolean {
  return FULL.test(messageOf(error));
}

/** Whether the server that answered is not the master any more: another connection may lead to the new one. */
export function isDemoted(error: unknown): boolean {
  return DEMOTED.test(messageOf(error));
}

/**
 * An error of Redis or of the connection, as one of ours. Anything else comes back as INTERNAL.
 *
 * - REDIS_REFUSED: wrong password, missing rights
 * - REDIS_FULL: out of memory or disk
 * - REDIS_UNREACHABLE: no connection, a server that is loading, a replica in place of the master
 */
export function redisError(error: unknown, redis: RedisPlace): ColaError {
  if (error instanceof ColaError) return error;
  const message = messageOf(error);
  const options = { cause: error };
  const named = redisNamed(redis);
  if (REFUSED.test(message)) {
    return new ColaError("REDIS_REFUSED", `${named} refuses this user: ${message}`, options);
  }
  if (isFull(error)) {
    const what = message.includes("MISCONF") ? "cannot write to its disk" : "is out of memory";
    return new ColaError("REDIS_FULL", `${named} ${what}: ${message}`, options);
  }
  if (UNREACHABLE.test(message)) return unreachable(redis, message, error);
  return new ColaError("INTERNAL", message, options);
}

/** REDIS_UNREACHABLE with the place and what to check, or to wait for: a server that loads its data answers so. */
export function unreachable(redis: RedisPlace, reason: string, cause?: unknown): ColaError {
  const settings = isWatched(redis) ? "REDIS_SENTINELS, REDIS_SENTINEL_NAME" : "REDIS_URL";
  const mend = /\bLOADING\b/.test(reason)
    ? "it takes commands when that is done, try again then"
    : `check that it runs, ${settings} and the network`;
  return new ColaError("REDIS_UNREACHABLE", `${redisNamed(redis)} is not reachable (${reason}): ${mend}`, {
    cause,
  });
}
