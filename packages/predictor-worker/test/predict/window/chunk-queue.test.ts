import { randomUUID } from "node:crypto";
import { createChunkQueue } from "@colaml/predictor-worker/predict/window/chunk-queue";
import type { PredictChunkJob } from "@colaml/shared/contracts/predict-chunk";
import { closeRedis, connectRedis, openQueue, type RedisConnection } from "@colaml/shared/queue/connection";
import { JobStarts } from "@colaml/shared/queue/job-starts";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

const { redis: settings } = resolveConfig({
  flags: { "redis.url": process.env["TEST_REDIS_URL"], "redis.prefix": `{t-${randomUUID()}}` },
});
const { prefix } = settings;
let connection: RedisConnection;
beforeAll(() => {
  connection = connectRedis(settings);
});
afterAll(() => closeRedis(connection));

it("a chunk is taken off the queue with the note of the worker that was killed with it", async () => {
  const place = { connection, redis: settings };
  const queue = createChunkQueue(
    openQueue("predict-chunk", place),
    openQueue("predict-dead", place),
    "b1",
    () => {},
  );
  await queue.add({ batch: "b1", index: 0 } as PredictChunkJob);
  const lock = `${prefix}:predict-chunk:b1-0:lock`;
  await connection.set(lock, "killed", "PX", 300);
  await new JobStarts(connection, prefix, "predict-chunk").begin("b1-0", "killed");
  expect(await connection.keys(`${prefix}:*:b1-0`)).toHaveLength(2);
  await queue.remove(0);
  expect(await connection.keys(`${prefix}:*:b1-0`)).toEqual([]);
});
