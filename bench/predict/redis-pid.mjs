// The process of a Redis, as it says itself.
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const { Redis } = createRequire(join(root, "packages/shared/package.json"))("ioredis");

export async function redisPidOf(url) {
  const redis = new Redis(url);
  try {
    return Number(/process_id:(\d+)/.exec(await redis.info("server"))[1]);
  } finally {
    redis.disconnect();
  }
}
