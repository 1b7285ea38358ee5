import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TrainJobInput, TrainResult } from "@colaml/shared/contracts/train";
import type { TuneJobInput, TuneResult } from "@colaml/shared/contracts/tune";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import {
  addJob,
  closeRedis,
  connectRedis,
  type OpenQueue,
  openQueue,
  type RedisConnection,
} from "@colaml/shared/queue/connection";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import type { Job } from "bullmq";
import { openTrainingBench, type TrainingBench } from "../training-bench";

const prefix = `{t-${randomUUID()}}`;
const config = resolveConfig({
  flags: { "redis.url": process.env["TEST_REDIS_URL"], "redis.prefix": prefix, "logging.file": "" },
});
const workers = new Set<ChildProcess>();
let bench: TrainingBench;
let connection: RedisConnection;
let queue: OpenQueue<TuneJobInput, TuneResult>;

function startWorker(): ChildProcess {
  const child = spawn(process.execPath, [resolve(__dirname, "../../dist/main.js")], {
    stdio: "ignore",
    env: {
      ...process.env,
      REDIS_URL: process.env["TEST_REDIS_URL"],
      MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"],
      COLAML_REDIS_PREFIX: prefix,
      COLAML_STATE_DIR: join(bench.folder, "state"),
      COLAML_LOCK_MS: "3000",
      COLAML_STALLED_MS: "1000",
      COLAML_GRACE_MS: "1000",
      COLAML_LOG_FILE: "",
    },
  });
  workers.add(child);
  child.once("exit", () => workers.delete(child));
  return child;
}

beforeAll(async () => {
  bench = await openTrainingBench();
  connection = connectRedis(config.redis, bench.logger);
  queue = openQueue("tune", { connection, redis: config.redis, logger: bench.logger });
});
afterAll(async () => {
  for (const worker of workers) worker.kill("SIGKILL");
  closeRedis(connection);
  await bench.close();
});

it("ends a tuning job whose workers are killed again and again, every trial counted once", async () => {
  const path = join(bench.folder, "tweets.csv");
  await writeSyntheticTweets(path, 4_000, 11);
  const space = {
    booster: ["gbtree" as const],
    depth: { min: 3, max: 8, log: false },
    iterations: { min: 100, max: 400, log: false },
  };
  const { experiment, model } = bench;
  const job = { dataset: { path }, experiment, model, trials: 8, patience: 0, space };
  const { id } = await addJob(queue, "tune", job);
  startWorker();
  startWorker();
  let kills = 0;
  let result: TuneResult | undefined;
  const started = Date.now();
  for (let lastKill = started; Date.now() - started < 150_000; await sleep(100)) {
    const now = (await queue.queue.getJob(id!))!;
    expect(await now.isFailed()).toBe(false);
    if (await now.isCompleted()) {
      // Read again: it may have ended after it was read.
      result = (await queue.queue.getJob(id!))!.returnvalue;
      break;
    }
    // A trial that ends three workers is failed: two kills cannot do that to any.
    if (kills >= 2 || Date.now() - lastKill < 3_000) continue;
    const [victim] = workers;
    victim?.kill("SIGKILL");
    kills++;
    lastKill = Date.now();
    startWorker();
  }
  expect(kills).toBeGreaterThan(0);
  // On a sample: 0.6 of 8 draws; on all rows: the start, the best third of the draws, and a neighbour.
  expect(result?.trials).toEqual({ finished: 8, failed: 0, onSample: 5 });
  expect(await bench.mlflow.registry.versions(bench.model)).toHaveLength(1);
  const parent = await bench.mlflow.runs.get(result!.runId);
  const children = await bench.mlflow.runs.search(
    [parent.experimentId],
    `tags.\`mlflow.parentRunId\` = '${parent.runId}' and attributes.status = 'FINISHED'`,
  );
  expect(children).toHaveLength(9);
  const running = await bench.mlflow.runs.search([parent.experimentId], "attributes.status = 'RUNNING'");
  expect(running).toEqual([]);
}, 170_000);

it("hands a long training back at SIGTERM, without a stall, and another worker ends it", async () => {
  for (const worker of [...workers]) worker.kill("SIGKILL");
  const path = join(bench.folder, "tweets-long.csv");
  await writeSyntheticTweets(path, 10_000, 12);
  const train = openQueue<TrainJobInput, TrainResult>("train", { connection, redis: config.redis });
  const boosting = { iterations: 400, depth: 6 };
  const experiment = `handed-back-${bench.experiment}`;
  const { id } = await addJob(train, "train", {
    dataset: { path },
    experiment,
    model: bench.model,
    boosting,
  });
  const until = async (what: (job: Job) => Promise<boolean> | boolean) => {
    for (const end = Date.now() + 100_000; Date.now() < end; await sleep(50)) {
      const job = (await train.queue.getJob(id!))!;
      if (await what(job)) return job;
    }
    throw new Error("waited in vain");
  };
  const first = startWorker();
  await until((job) => (job.progress as { stage?: string }).stage === "boost");
  const exited = once(first, "exit");
  first.kill("SIGTERM");
  const [code] = await exited;
  expect(code).toBe(0);
  expect(await (await train.queue.getJob(id!))!.getState()).toBe("waiting");
  startWorker();
  const job = await until((now) => now.isCompleted());
  expect(job.stalledCounter).toBe(0);
  const runs = (await bench.mlflow.experiments.find(experiment))!;
  const found = await bench.mlflow.runs.search([runs], "");
  expect(found.map(({ status }) => status).sort()).toEqual(["FINISHED", "KILLED"]);
}, 170_000);
