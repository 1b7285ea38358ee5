import { z } from "zod";
import { flag, integer, secret, text, url } from "./setting-kinds";

/** Which Redis holds the queues. */
export const redisSettings = {
  url: {
    ...url({
      doc: "Redis, redis:// or rediss://; empty: the embedded server",
      env: "REDIS_URL",
      flag: "redis-url",
      protocols: ["redis:", "rediss:"],
      allowed: "redis://[user:password@]host:port[/db] or rediss://...",
    }),
    sensitive: true,
  },
  username: text({
    doc: "User of Redis; wins over the one in REDIS_URL",
    env: "REDIS_USERNAME",
    default: "",
  }),
  password: secret({
    doc: "Password of Redis, as it is: in REDIS_URL / # % + have to be escaped; wins over the one there",
    env: "REDIS_PASSWORD",
  }),
  prefix: text({
    doc: "Prefix of every key; the braces keep a cluster's keys together",
    env: "COLAML_REDIS_PREFIX",
    default: "{colaml}",
  }),
  sentinels: {
    ...text({
      doc: "Sentinels that name the master, host:port,host:port; REDIS_URL then gives only user, password, database and TLS",
      env: "REDIS_SENTINELS",
      default: "",
    }),
    allowed: "host:port,host:port",
    type: z
      .string()
      .regex(
        /^\s*([\w.-]+|\[[0-9a-fA-F:]+\])?(:\d{1,5})?(\s*,\s*([\w.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?)*\s*$/,
      ),
  },
  sentinelName: text({
    doc: "Name of the master at the Sentinels",
    env: "REDIS_SENTINEL_NAME",
    default: "mymaster",
  }),
  sentinelPassword: secret({ doc: "Password of the Sentinels themselves", env: "REDIS_SENTINEL_PASSWORD" }),
  socketTimeoutMs: integer({
    doc: "An answer of Redis that takes longer means that the connection is lost: it is opened again",
    env: "COLAML_REDIS_SOCKET_TIMEOUT_MS",
    default: 15_000,
    min: 12_000,
    max: 600_000,
  }),
  cluster: flag({ doc: "REDIS_URL names a node of a Redis Cluster", env: "COLAML_REDIS_CLUSTER" }),
};
