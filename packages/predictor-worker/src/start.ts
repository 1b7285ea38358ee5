import { resolve } from "node:path";
import { type PredictJob, type PredictResult, predictJobSchema } from "@colaml/shared/contracts/predict";
import {
  type PredictChunkJob,
  type PredictChunkResult,
  type PredictDeadJob,
  predictChunkJobSchema,
} from "@colaml/shared/contracts/predict-chunk";
import { QUEUES } from "@colaml/shared/contracts/queues";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { createMlflowClient } from "@colaml/shared/mlflow/client";
import { closeRedis, connectRedis, openQueue } from "@colaml/shared/queue/connection";
import { predictSettings } from "@colaml/shared/settings/predict-settings";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { MAX_DEATHS, runWorker } from "@colaml/shared/worker/run-worker";
import type { WorkerProcess } from "@colaml/shared/worker/worker-process";
import type { BatchStep, PredictOptions } from "./predict/predict-options";
import { abandonPrediction, createPredictProcessor } from "./predict/processor";
import { createChunkProcessor } from "./predict-chunk/processor";
import { compileKernel } from "./scoring/kernel/kernel";
import { createModelCache } from "./scoring/model-cache";
import { createFileChunks } from "./transport/file-transport";
import { createRedisChunks } from "./transport/redis-transport";

/** Batches that one process coordinates at a time: a coordinator mostly waits. */
const BATCHES_AT_A_TIME = 4;
/**
 * A coordinator also ends when a chunk ends its process, be it another batch's, and goes on from its checkpoint: it may
 * end with four such chunks before it makes progress.
 */
const MAX_COORDINATOR_DEATHS = 4 * MAX_DEATHS;

/** A process does both by default; the setting can make it one that only scores or only coordinates. */
function queuesOf({ queues }: ColaConfig["predict"]): Set<string> {
  const both = [QUEUES.predict, QUEUES.predictChunk];
  const named = (queues || both.join(",")).split(",").map((name) => name.trim());
  const unknown = named.find((name) => !both.some((queue) => queue === name));
  if (unknown === undefined) return new Set(named);
  throw new ColaError(
    "CONFIG_INVALID",
    `${predictSettings.queues.env} names ${JSON.stringify(unknown)}: allowed are ${both.join(" and ")}`,
  );
}

/** Opens what a predictor needs and starts its queues. `onStep` is for tests. */
export async function startPredictor(
  process_: WorkerProcess,
  onStep?: (step: BatchStep) => void,
): Promise<void> {
  const { config, logger, lifecycle } = process_;
  const queues = queuesOf(config.predict);
  if (queues.has(QUEUES.predictChunk)) compileKernel();
  const connection = connectRedis(config.redis, logger);
  lifecycle.graceful.onStop("Redis connection of the predictor", () => closeRedis(connection));
  const models = createModelCache(createMlflowClient(config.mlflow), {
    cacheDir: stateFolder(resolve(config.paths.stateDir)).models,
    hmacKey: config.model.hmacKey,
  });
  const shared = { connection, redis: config.redis, logger };
  const { dataDir } = config.paths;
  const { prefix } = config.redis;
  if (queues.has(QUEUES.predictChunk)) {
    const bytes = { file: createFileChunks(), redis: createRedisChunks(connection, prefix) };
    const processor = createChunkProcessor({ models, bytes, dataDir });
    // Scoring is bound by the CPU: a second chunk at a time would only wait for the first.
    const options = { queue: QUEUES.predictChunk, schema: predictChunkJobSchema, processor, concurrency: 1 };
    await runWorker({ ...options, config, logger, lifecycle });
  }
  if (queues.has(QUEUES.predict)) {
    const predict = openQueue<PredictJob, PredictResult>(QUEUES.predict, shared);
    const chunks = openQueue<PredictChunkJob, PredictChunkResult>(QUEUES.predictChunk, shared);
    const dead = openQueue<PredictDeadJob>(QUEUES.predictDead, shared);
    for (const queue of [predict, chunks, dead])
      lifecycle.graceful.onStop(queue.queue.name, () => queue.close());
    const predictOptions: PredictOptions = {
      models,
      chunks,
      dead,
      redis: { connection, prefix },
      isUnfinished: async (jobId) => {
        const state = await predict.queue.getJobState(jobId);
        return state !== "completed" && state !== "failed" && state !== "unknown";
      },
      settings: { chunkBytes: config.predict.chunkBytes, window: config.predict.window, dataDir },
      clock: () => new Date(),
      ...(onStep && { onStep }),
    };
    await runWorker<PredictJob, PredictResult>({
      queue: QUEUES.predict,
      schema: predictJobSchema,
      processor: createPredictProcessor(predictOptions),
      concurrency: BATCHES_AT_A_TIME,
      maxDeaths: MAX_COORDINATOR_DEATHS,
      abandon: (job, context) => abandonPrediction(job, context, predictOptions),
      config,
      logger,
      lifecycle,
    });
  }
}
