import { randomUUID } from "node:crypto";
import { connectRedis } from "@colaml/shared/queue/connection";

/** A connection to the Redis of all tests, which the caller closes, and its settings with a prefix of its own. */
export function ownRedis() {
  const redis = { url: process.env["TEST_REDIS_URL"]!, prefix: `{t-${randomUUID()}}`, cluster: false };
  return { redis, connection: connectRedis(redis) };
}
