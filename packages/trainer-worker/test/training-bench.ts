import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TrainJob, type TrainJobInput, trainJobSchema } from "@colaml/shared/contracts/train";
import { createLogger, type Logger } from "@colaml/shared/logging/logger";
import { createMlflowClient, type MlflowClient } from "@colaml/shared/mlflow/client";
import { RunEnds } from "@colaml/shared/mlflow/run-ends";
import { Spool } from "@colaml/shared/mlflow/spool";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { Publisher, type TrainingSpool } from "@colaml/trainer-worker/publish/publisher";
import { type TrainContext, type TrainDependencies, train } from "@colaml/trainer-worker/train/processor";

/** A trainer without a queue, on the run's real MLflow, under an experiment and a model of its own. */
export interface TrainingBench {
  folder: string;
  mlflow: MlflowClient;
  spool: TrainingSpool;
  logger: Logger;
  experiment: string;
  model: string;
  dependencies: TrainDependencies;
  job(input: Omit<TrainJobInput, "dataset">, path: string): TrainJob;
  context(jobId?: string, signal?: AbortSignal): TrainContext & { stages: string[] };
  train(input: Omit<TrainJobInput, "dataset">, path: string): ReturnType<typeof train>;
  /** The text of a run's file. */
  runFile(runId: string, path: string): Promise<string>;
  close(): Promise<void>;
}

export async function openTrainingBench(
  trackingUri = process.env["TEST_MLFLOW_URI"],
): Promise<TrainingBench> {
  const folder = await mkdtemp(join(tmpdir(), "trainer-"));
  const flags = { "mlflow.trackingUri": trackingUri, "mlflow.maxRetries": 0, "logging.file": "" };
  const config = resolveConfig({ flags });
  const logger = createLogger({ service: "test", logging: { ...config.logging, level: "error" } });
  logger.error = logger.warn = logger.info = () => {};
  const mlflow = createMlflowClient(config.mlflow);
  const spool: TrainingSpool = new Spool(join(folder, "spool"), () => {});
  const runEnds = new RunEnds(mlflow, join(folder, "run-ends"), logger);
  const publisher = new Publisher({
    mlflow,
    spool,
    runEnds,
    logger,
    announce: async () => {},
    cacheDir: join(folder, "models"),
    hmacKey: "",
  });
  const origin = { user: "tester", sourceName: "test", gitCommit: "" };
  const dependencies = { mlflow, publisher, spool, runEnds, origin, hmacKey: "", maxMemoryMb: 2048 };
  const experiment = `experiment-${randomUUID()}`;
  const model = `model-${randomUUID()}`;
  const job = (input: Omit<TrainJobInput, "dataset">, path: string) =>
    trainJobSchema.parse({ experiment, model, ...input, dataset: { path } });
  const context = (jobId: string = randomUUID(), signal = new AbortController().signal) => {
    const stages: string[] = [];
    return {
      jobId,
      attempt: 1,
      signal,
      logger,
      stages,
      addedAt: 1,
      progress: async ({ stage }: { stage: string }) => void stages.push(stage),
    };
  };
  return {
    folder,
    mlflow,
    spool,
    logger,
    experiment,
    model,
    dependencies,
    job,
    context,
    train: (input, path) => train(job(input, path), context(), dependencies),
    async runFile(runId, path) {
      const { artifactUri } = await mlflow.runs.get(runId);
      return (await mlflow.artifacts.download(artifactUri, path)).toString("utf8");
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
