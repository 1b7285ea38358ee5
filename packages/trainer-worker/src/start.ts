import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { checkJobPath } from "@colaml/shared/files/job-path";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { createCheckPublisher } from "@colaml/shared/mlflow/check-publisher";
import { createMlflowClient } from "@colaml/shared/mlflow/client";
import { RunEnds } from "@colaml/shared/mlflow/run-ends";
import { Spool } from "@colaml/shared/mlflow/spool";
import { announceChampion } from "@colaml/shared/queue/champion-changes";
import { closeRedis, connectRedis, openQueue } from "@colaml/shared/queue/connection";
import { openJobQueue } from "@colaml/shared/queue/job-queue";
import { userName } from "@colaml/shared/settings/user-name";
import { publishByItself } from "@colaml/shared/worker/publish-by-itself";
import { runQueues, type WorkOf } from "@colaml/shared/worker/run-queues";
import type { WorkerProcess } from "@colaml/shared/worker/worker-process";
import { createPublishProcessor } from "./publish/processor";
import { Publisher, type TrainingSpool } from "./publish/publisher";
import { abandonTraining, createTrainProcessor } from "./train/processor";
import { bestJobId, createTuneProcessor } from "./tune/processor";
import { endTrials } from "./tune/trial-flow";
import { withTrialProgress } from "./tune/trial-progress";

/** Opens what the trainer needs and works on `train`, `tune` and `publish` until the process stops. */
export async function startTrainer(worker: WorkerProcess): Promise<void> {
  const { config, logger, lifecycle } = worker;
  const { hmacKey } = config.model;
  const { dataDir } = config.paths;
  const state = stateFolder(config.paths.stateDir);
  const mlflow = createMlflowClient(config.mlflow);
  lifecycle.addReadyCheck("mlflow", (signal) => createMlflowClient(config.mlflow, { signal }).checkAccess());
  const spool: TrainingSpool = new Spool(state.spool, (line) => logger.error(line));
  const connection = connectRedis(config.redis, logger);
  lifecycle.graceful.onStop("Redis connection of the trials", async () => closeRedis(connection));
  const announce = (model: string) => announceChampion(connection, config.redis, model);
  const runEnds = new RunEnds(mlflow, state.runEnds, logger);
  const cacheDir = state.models;
  const publisher = new Publisher({ mlflow, spool, runEnds, logger, announce, cacheDir, hmacKey });
  const dependencies = {
    mlflow,
    publisher,
    spool,
    runEnds,
    hmacKey,
    origin: { user: userName(), sourceName: "trainer-worker", gitCommit: await gitCommit() },
    maxMemoryMb: config.train.maxMemoryMb,
    checkPath: (path: string) => checkJobPath(dataDir, path),
  };
  const queueOptions = { connection, redis: config.redis, logger };
  const trainQueue = openJobQueue("train", queueOptions);
  const tuneQueue = openQueue("tune", queueOptions);
  publishByItself("trainings", (signal) => publisher.publishWaiting(signal), worker);
  const work: WorkOf<"trainer"> = {
    train: () => ({
      processor: withTrialProgress(createTrainProcessor(dependencies), tuneQueue),
      abandon: (job, context, reason) => abandonTraining(job, context, reason, dependencies),
    }),
    tune: () => ({
      processor: createTuneProcessor({ ...dependencies, trainQueue }),
      abandon: async (job, context, reason) => {
        await endTrials(trainQueue, context);
        const best = { ...context, jobId: bestJobId(context.jobId) };
        for (const which of [best, context]) await abandonTraining(job, which, reason, dependencies);
      },
    }),
    publish: () => ({
      processor: createPublishProcessor({
        mlflow,
        publisher,
        checks: createCheckPublisher(mlflow, config.paths.stateDir, logger),
      }),
    }),
  };
  await runQueues("trainer", work, worker);
}

/** The commit this code was checked out at; empty if there is no git. */
async function gitCommit(): Promise<string> {
  try {
    const options = { cwd: __dirname, timeout: 2_000 };
    const { stdout } = await promisify(execFile)("git", ["rev-parse", "HEAD"], options);
    return stdout.trim();
  } catch {
    return "";
  }
}
