import { createChunkQueue } from "@colaml/predictor-worker/predict/window/chunk-queue";
import type { PredictChunkJob } from "@colaml/shared/contracts/predict-chunk";
import { closeRedis, openQueue } from "@colaml/shared/queue/connection";
import { JobStarts } from "@colaml/shared/queue/job-starts";
import { ownRedis } from "../../../../shared/test/queue/own-redis";

const place = ownRedis();
const { connection } = place;
const { prefix } = place.redis;
afterAll(() => closeRedis(connection));

it("a chunk is taken off the queue with the note of the worker that was killed with it", async () => {
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
