import { execFile } from "node:child_process";
import { userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "@colaml/shared/errors/cola-error";
import { QUEUES } from "@colaml/shared/jobs/queues";
import { trainJobSchema } from "@colaml/shared/jobs/train";
import { createMlflowClient } from "@colaml/shared/mlflow/client";
import { runWorker } from "@colaml/shared/worker/run-worker";
import { runWorkerProcess, type WorkerProcess } from "@colaml/shared/worker/worker-process";
import { createTrainProcessor } from "./processor";
import { Publisher } from "./publishing/publisher";
import { Spool } from "./publishing/spool";

const SERVICE = "trainer-worker";
/** How often it is looked whether trainings wait on disk for an MLflow that was away. */
const PUBLISH_EVERY_MS = 15_000;

void runWorkerProcess(SERVICE, async (worker) => {
  const { config, logger } = worker;
  const mlflow = createMlflowClient(config.mlflow);
  const spool = new Spool(join(config.paths.stateDir, "spool"));
  const { hmacKey } = config.model;
  const cacheDir = join(config.paths.stateDir, "models");
  const publisher = new Publisher({ mlflow, spool, logger, cacheDir, hmacKey });
  const origin = { user: userInfo().username, sourceName: SERVICE, gitCommit: await gitCommit() };
  const dependencies = { mlflow, publisher, spool, origin, hmacKey, maxMemoryMb: config.train.maxMemoryMb };
  publishByItself(publisher, worker);
  await runWorker({
    ...worker,
    queue: QUEUES.train,
    schema: trainJobSchema,
    processor: createTrainProcessor(dependencies),
  });
});

/** What waits on disk is published as soon as MLflow answers again. */
function publishByItself(publisher: Publisher, { lifecycle, logger }: WorkerProcess): void {
  const { stopping } = lifecycle.graceful;
  let busy = false;
  const round = async () => {
    if (busy) return;
    busy = true;
    try {
      await publisher.publishWaiting(stopping);
    } catch (error) {
      logger.warn(`publishing what waits failed: ${messageOf(error)}`);
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void round(), PUBLISH_EVERY_MS);
  lifecycle.graceful.onStop("publisher", async () => clearInterval(timer));
  void round();
}

/** The commit this code was checked out at; empty where there is no git. */
async function gitCommit(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("git", ["rev-parse", "HEAD"], {
      cwd: __dirname,
      timeout: 2_000,
    });
    return stdout.trim();
  } catch {
    return "";
  }
}
