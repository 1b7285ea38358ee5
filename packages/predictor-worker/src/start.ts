import { resolve } from "node:path";
import { CATALOGUE, queuesOf } from "@colaml/shared/contracts/catalogue";
import type { PredictJob, PredictResult } from "@colaml/shared/contracts/predict";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { createLimitedLog } from "@colaml/shared/logging/limited-log";
import { createMlflowClient } from "@colaml/shared/mlflow/client";
import { closeRedis, connectRedis, type RedisConnection } from "@colaml/shared/queue/connection";
import { openJobQueue } from "@colaml/shared/queue/job-queue";
import { predictSettings } from "@colaml/shared/settings/predict-settings";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { type QueueWork, runQueues, type WorkOf } from "@colaml/shared/worker/run-queues";
import type { WorkerProcess } from "@colaml/shared/worker/worker-process";
import type { BatchStep, PredictOptions } from "./predict/predict-options";
import { abandonPrediction, createPredictProcessor } from "./predict/processor";
import { createChunkProcessor } from "./predict-chunk/processor";
import { createTextsProcessor } from "./predict-texts/processor";
import { followModels } from "./scoring/followed-models";
import { compileKernel } from "./scoring/kernel/kernel";
import { createModelCache, type ModelSource } from "./scoring/model-cache";
import { createPredictionMetrics, type PredictionMetrics } from "./scoring/prediction-metrics";
import { createFileChunks } from "./transport/file-transport";
import { createRedisChunks } from "./transport/redis-transport";

/**
 * A process works on all queues by default; the setting can make it one that only scores chunks, only coordinates or only
 * scores texts. Whoever coordinates takes texts as well: that is what the name meant before texts had a queue.
 */
function chosenQueues({ queues }: ColaConfig["predict"]): Set<string> {
  const all = queuesOf("predictor");
  const named = (queues || all.join(",")).split(",").map((name) => name.trim());
  const unknown = named.find((name) => !all.some((queue) => queue === name));
  if (unknown === undefined)
    return new Set(
      named.includes(CATALOGUE.predict.name) ? [...named, CATALOGUE["predict-texts"].name] : named,
    );
  throw new ColaError(
    "CONFIG_INVALID",
    `${predictSettings.queues.env} names ${JSON.stringify(unknown)}: allowed are ${all.join(", ")}`,
  );
}

/** Opens what a predictor needs and starts its queues. `onStep` is for tests. */
export async function startPredictor(
  process_: WorkerProcess,
  onStep?: (step: BatchStep) => void,
): Promise<void> {
  const { config, logger, lifecycle } = process_;
  const queues = chosenQueues(config.predict);
  if (queues.has(CATALOGUE["predict-chunk"].name)) compileKernel();
  const connection = connectRedis(config.redis, logger);
  lifecycle.graceful.onStop("Redis connection of the predictor", () => closeRedis(connection));
  lifecycle.addReadyCheck("mlflow", (signal) => createMlflowClient(config.mlflow, { signal }).checkAccess());
  const metrics = createPredictionMetrics(lifecycle.metrics.registry);
  const models = metrics.watchModels(
    createModelCache(createMlflowClient(config.mlflow), {
      cacheDir: stateFolder(resolve(config.paths.stateDir)).models,
      hmacKey: config.model.hmacKey,
    }),
  );
  const parts: Parts = { process: process_, connection, models, metrics, ...(onStep && { onStep }) };
  const work: WorkOf<"predictor"> = {
    predict: () => predictWork(parts),
    "predict-texts": () => textsWork(parts),
    "predict-chunk": () => chunkWork(parts),
  };
  await runQueues("predictor", work, process_, queues);
}

/** What the queues of a predictor share. */
interface Parts {
  process: WorkerProcess;
  connection: RedisConnection;
  models: ModelSource;
  metrics: PredictionMetrics;
  onStep?: (step: BatchStep) => void;
}

function textsWork({ process: { logger }, models, metrics }: Parts) {
  const log = createLimitedLog(logger);
  const followed = followModels(
    models,
    () => performance.now(),
    (line) => log.warn(line),
  );
  return { processor: createTextsProcessor(followed, () => new Date(), metrics) };
}

function chunkWork({ process: { config }, connection, models, metrics }: Parts) {
  const bytes = { file: createFileChunks(), redis: createRedisChunks(connection, config.redis.prefix) };
  return { processor: createChunkProcessor({ models, bytes, metrics, dataDir: config.paths.dataDir }) };
}

function predictWork({
  process: { config, logger, lifecycle },
  connection,
  models,
  metrics,
  onStep,
}: Parts): QueueWork<PredictJob, PredictResult> {
  const shared = { connection, redis: config.redis, logger };
  const predict = openJobQueue("predict", shared);
  const chunks = openJobQueue("predict-chunk", shared);
  const dead = openJobQueue("predict-dead", shared);
  for (const open of [predict, chunks, dead]) lifecycle.graceful.onStop(open.queue.name, () => open.close());
  const options: PredictOptions = {
    models,
    chunks,
    dead,
    redis: { connection, prefix: config.redis.prefix },
    isUnfinished: async (jobId) => {
      const state = await predict.queue.getJobState(jobId);
      return state !== "completed" && state !== "failed" && state !== "unknown";
    },
    settings: {
      chunkBytes: config.predict.chunkBytes,
      window: config.predict.window,
      dataDir: config.paths.dataDir,
    },
    clock: () => new Date(),
    metrics,
    ...(onStep && { onStep }),
  };
  return {
    processor: createPredictProcessor(options),
    abandon: (job, context) => abandonPrediction(job, context, options),
  };
}
