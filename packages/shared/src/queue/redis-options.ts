import { Cluster, type Redis, type RedisOptions } from "ioredis";
import { ColaError } from "../errors/cola-error";
import type { ColaConfig } from "../settings/schema";
import { RedisClient } from "./redis-client";
import { DEFAULT_MASTER, isDemoted } from "./redis-errors";

/** Which Redis, and how it is reached. What only some set-ups have may be left out: the defaults then hold. */
export type RedisSettings = Pick<ColaConfig["redis"], "url" | "prefix" | "cluster"> &
  Partial<Omit<ColaConfig["redis"], "url" | "prefix" | "cluster">>;

/** After a restart of Redis work resumes within a second; the default steps grow to 20 s. */
const MAX_RECONNECT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** BullMQ's blocking reads end after 10 s at most: a connection that is silent for longer is gone. */
const SILENT_MS = 15_000;
const SENTINEL_PORT = 26_379;

/**
 * ioredis options for the settings: endless retries of commands (BullMQ needs them), reconnecting at most a second
 * apart. A connection is given up and opened again
 * - when an answer does not come in time: a firewall that drops a flow says nothing, and the kernel notices after 15
 *   minutes;
 * - when the server answers that it is a replica now: the address may lead to the new master. The command is sent again.
 */
function redisOptions({ socketTimeoutMs = SILENT_MS }: RedisSettings): RedisOptions {
  return {
    maxRetriesPerRequest: null,
    retryStrategy: reconnectAfter,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxLoadingRetryTime: MAX_RECONNECT_MS,
    keepAlive: 10_000,
    socketTimeout: socketTimeoutMs,
    reconnectOnError: (error) => (isDemoted(error) ? 2 : false),
  };
}

const reconnectAfter = (times: number) => Math.min(times * 100, MAX_RECONNECT_MS);

/**
 * A client of one server, of the master that Sentinel names, or of a cluster; TLS by `rediss://` with certificates
 * checked. `REDIS_URL` gives user, password and database in each case.
 *
 * @throws ColaError CONFIG_INVALID without a URL, or with Sentinel and Cluster at once
 */
export function openRedis(redis: RedisSettings): Redis | Cluster {
  if (redis.url === "")
    throw new ColaError("CONFIG_INVALID", "REDIS_URL is empty: redis://host:port is needed");
  const sentinels = sentinelsOf(redis.sentinels ?? "");
  if (sentinels.length > 0 && redis.cluster)
    throw new ColaError(
      "CONFIG_INVALID",
      "REDIS_SENTINELS and COLAML_REDIS_CLUSTER are both set: a Redis is watched by Sentinel or is a cluster, leave one out",
    );
  if (redis.cluster) return openCluster(redis);
  if (sentinels.length > 0) return openWatched(redis, sentinels);
  return new RedisClient(redis, redisOptions(redis));
}

interface Address {
  host: string;
  port: number;
}

/** The addresses in `host:port,host:port`; the port is 26379 if it is left out, an IPv6 host stands in brackets. */
export function sentinelsOf(list: string): Address[] {
  return list
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "")
    .map((item) => {
      const { hostname, port } = new URL(`redis://${item}`);
      return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || SENTINEL_PORT) };
    });
}

function openWatched(redis: RedisSettings, sentinels: Address[]): Redis {
  const { pathname, protocol } = new URL(redis.url);
  const isTls = protocol === "rediss:";
  return new RedisClient(redis, {
    ...redisOptions(redis),
    ...credentials(redis.url),
    db: Number(pathname.slice(1) || 0),
    sentinels,
    name: redis.sentinelName ?? DEFAULT_MASTER,
    ...(redis.sentinelPassword ? { sentinelPassword: redis.sentinelPassword } : {}),
    sentinelRetryStrategy: reconnectAfter,
    // A Sentinel that answers nothing must not keep the others from being asked.
    sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
    ...(isTls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  });
}

function openCluster(redis: RedisSettings): Cluster {
  const { hostname, port, protocol } = new URL(redis.url);
  const isTls = protocol === "rediss:";
  return new Cluster([{ host: hostname, port: Number(port || 6379) }], {
    redisOptions: { ...redisOptions(redis), ...credentials(redis.url), ...(isTls ? { tls: {} } : {}) },
    clusterRetryStrategy: reconnectAfter,
    // Certificates name hosts: an address looked up first would not match.
    ...(isTls ? { dnsLookup: (address, callback) => callback(null, address) } : {}),
  });
}

function credentials(url: string): Pick<RedisOptions, "username" | "password"> {
  const { username, password } = new URL(url);
  return {
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
  };
}
