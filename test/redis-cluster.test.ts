import { randomUUID } from "node:crypto";
import { createLogger } from "@colaml/shared/logging/logger";
import { addJob, checkRedis, closeRedis, connectRedis, openQueue } from "@colaml/shared/queue/connection";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { startLifecycle } from "@colaml/shared/worker/lifecycle";
import { runWorker } from "@colaml/shared/worker/run-worker";
import { type RedisCluster, startRedisCluster } from "./redis-cluster";

const anything = { safeParse: (data: unknown) => ({ success: true, data }) } as never;

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster.stop());

const configOf = (prefix: string, cluster_: RedisCluster) =>
  resolveConfig({
    flags: {
      "redis.url": cluster_.url,
      "redis.cluster": true,
      "redis.prefix": prefix,
      "worker.lockMs": 3_000,
      "worker.stalledMs": 1_000,
      "logging.file": "",
    },
  });

describe("a Redis Cluster of three nodes", () => {
  it("carries queues whose prefixes lie on different nodes", async () => {
    for (const tag of ["{a}", "{b}", "{c}", `{${randomUUID()}}`]) {
      const config = configOf(tag, cluster);
      const logger = createLogger({ service: "t", logging: { ...config.logging, level: "error" } });
      const connection = connectRedis(config.redis, logger);
      await checkRedis(connection, config.redis);
      const queue = openQueue<{ n: number }, number>("q", { connection, redis: config.redis });
      const lifecycle = await startLifecycle({ service: "t", config, logger, signals: false });
      const results: number[] = [];
      const done = new Promise<void>((resolve) => {
        void runWorker<{ n: number }, void>({
          queue: { name: "q", schema: anything },
          processor: async ({ n }) => {
            results.push(n);
            if (results.length === 20) resolve();
          },
          config,
          logger,
          lifecycle,
        });
      });
      for (let n = 0; n < 20; n++) await addJob(queue, "j", { n }, { jobId: `job-${n}` });
      await done;
      expect(results.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n));
      await lifecycle.stop();
      await queue.close();
      closeRedis(connection);
    }
  });

  it("that is not there is reported with its address within the deadline", async () => {
    const redis = { url: "redis://127.0.0.1:1", prefix: "{t}", cluster: true };
    const connection = connectRedis(redis);
    await expect(checkRedis(connection, redis, 1_000)).rejects.toMatchObject({
      code: "REDIS_UNREACHABLE",
      message: expect.stringMatching(/127\.0\.0\.1:1.*REDIS_URL/),
    });
    closeRedis(connection);
  });
});
