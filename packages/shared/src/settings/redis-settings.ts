import { flag, text, url } from "./setting-kinds";

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
  prefix: text({
    doc: "Prefix of every key; the braces keep a cluster's keys together",
    env: "COLAML_REDIS_PREFIX",
    default: "{colaml}",
  }),
  cluster: flag({ doc: "REDIS_URL names a node of a Redis Cluster", env: "COLAML_REDIS_CLUSTER" }),
};
