import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CATALOGUE } from "@colaml/shared/contracts/catalogue";
import type { TrainJob, TrainResult } from "@colaml/shared/contracts/train";
import type { TuneJobInput, TuneResult } from "@colaml/shared/contracts/tune";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { clearCancel, requestCancel } from "@colaml/shared/queue/cancel";
import {
  addJob,
  closeRedis,
  connectRedis,
  type OpenQueue,
  openQueue,
  type RedisConnection,
} from "@colaml/shared/queue/connection";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import type { Processor } from "@colaml/shared/worker/job-context";
import { startLifecycle, type WorkerLifecycle } from "@colaml/shared/worker/lifecycle";
import { runWorker } from "@colaml/shared/worker/run-worker";
import { createTrainProcessor } from "@colaml/trainer-worker/train/processor";
import { createTuneProcessor } from "@colaml/trainer-worker/tune/processor";
import { itWithRealData, realDataPath } from "../../../shared/test/real-data";
import { openTrainingBench, type TrainingBench } from "../training-bench";

const config = resolveConfig({
  flags: {
    "redis.url": process.env["TEST_REDIS_URL"],
    "redis.prefix": `{t-${randomUUID()}}`,
    "worker.lockMs": 3_000,
    "worker.stalledMs": 1_000,
    "logging.file": "",
  },
});

let bench: TrainingBench;
let tweets: string;
let lifecycle: WorkerLifecycle;
let connection: RedisConnection;
let tuneQueue: OpenQueue<TuneJobInput, TuneResult>;
/** Fails what a test wants to fail. */
let sabotage: (job: TrainJob) => void = () => {};
const takenBy = new Map<number, number>();

beforeAll(async () => {
  bench = await openTrainingBench();
  const { logger, dependencies } = bench;
  logger.child = () => logger;
  tweets = join(bench.folder, "tweets.csv");
  await writeSyntheticTweets(tweets, 1_500, 7);
  connection = connectRedis(config.redis, logger);
  tuneQueue = openQueue("tune", { connection, redis: config.redis, logger });
  const trainQueue = openQueue<TrainJob, TrainResult>("train", { connection, redis: config.redis, logger });
  lifecycle = await startLifecycle({ service: "trainer-test", config, logger, signals: false });
  const plain = createTrainProcessor(dependencies);
  for (const worker of [0, 1]) {
    const processor: Processor<TrainJob, TrainResult> = (job, context) => {
      takenBy.set(worker, (takenBy.get(worker) ?? 0) + 1);
      sabotage(job);
      return plain(job, context);
    };
    await runWorker({ queue: CATALOGUE.train, processor, config, logger, lifecycle });
  }
  const processor = createTuneProcessor({ ...dependencies, trainQueue });
  await runWorker({ queue: CATALOGUE.tune, processor, config, logger, lifecycle });
});
afterAll(async () => {
  await lifecycle.stop();
  closeRedis(connection);
  await bench.close();
});
afterEach(() => {
  sabotage = () => {};
});

async function tune(input: Omit<TuneJobInput, "dataset">, path = tweets) {
  const payload = { experiment: bench.experiment, model: bench.model, ...input, dataset: { path } };
  const added = await addJob(tuneQueue, "tune", payload, { attempts: 1 });
  for (const deadline = Date.now() + 170_000; Date.now() < deadline; await sleep(50)) {
    const state = await tuneQueue.queue.getJobState(added.id!);
    // read once it has ended: a job read before has no result
    const job = (await tuneQueue.queue.getJob(added.id!))!;
    if (state === "completed") return { result: job.returnvalue, id: added.id! };
    if (state === "failed") return { failed: job.failedReason, id: added.id! };
  }
  throw new Error("the tuning job did not end");
}

describe("a tune job", () => {
  it("trains the best of its trials, taken by several workers, under one parent run", async () => {
    const space = { learning_rate: { min: 0.05, max: 0.5, log: true }, depth: [3, 6] };
    const { result } = await tune({ trials: 6, space, metric: "roc_auc" });
    expect(result).toMatchObject({ trials: { finished: 6, failed: 0 }, promoted: true, modelVersion: "1" });
    expect(takenBy.get(0)! + takenBy.get(1)!).toBe(6);
    expect(Math.min(takenBy.get(0)!, takenBy.get(1)!)).toBeGreaterThan(0);

    const parent = await bench.mlflow.runs.get(result!.runId);
    expect(parent.status).toBe("FINISHED");
    const children = await bench.mlflow.runs.search(
      [parent.experimentId],
      `tags.\`mlflow.parentRunId\` = '${parent.runId}'`,
    );
    expect(children).toHaveLength(7);
    const trials = children.filter((run) => run.runId !== result!.bestRunId);
    const highest = Math.max(...trials.map((run) => run.metrics["validation_roc_auc"]!));
    expect(result!.metrics.validation.roc_auc).toBe(highest);
    expect(parent.metrics["best_validation_roc_auc"]).toBe(highest);
  });

  it("searches in rounds without a space, and says how it went and why it ended", async () => {
    const { result } = await tune({ trials: 9, patience: 2, model: `${bench.model}-rounds` });
    // The sample is all of so few rows: no trial saw less.
    expect(result!.trials).toEqual({ finished: expect.any(Number), failed: 0 });
    expect(result!.trials.finished).toBeLessThanOrEqual(9);
    expect(result!.search!.at(-1)).toMatch(
      /^trial \d+ (is the best: validation accuracy_score|has the best validation accuracy_score,) 0\.\d{4}/,
    );
    const parent = await bench.mlflow.runs.get(result!.runId);
    expect(parent.tags["colaml.search"]).toBe(result!.search!.join("\n"));
    expect(result!.best.validation!.average_precision).toBeGreaterThan(0.5);
  });

  it("ends its trials when its time is over, and trains the first one whatever the time", async () => {
    const { result } = await tune({ trials: 9, minutes: 0.0001, model: `${bench.model}-minutes` });
    expect(result!.trials).toEqual({ finished: 1, failed: 0, cut: 3 });
    expect(result!.best.number).toBe(0);
    expect(result!.search).toContain("the time limit of 0.0001 min was reached");
  });

  it("does without a trial that fails for good", async () => {
    sabotage = ({ trial }) => {
      if (trial?.number === 1) throw Object.assign(new Error("broken trial"), { code: "X" });
    };
    const space = { depth: { min: 2, max: 6, log: false } };
    const { result } = await tune({ trials: 3, space, model: `${bench.model}-one-fails` });
    expect(result!.trials).toEqual({ finished: 2, failed: 1 });
    expect(result!.best.number).not.toBe(1);
  });

  it("runs a trial again that failed only because MLflow was away, and leaves no run of it running", async () => {
    const away = new Set<number>();
    let starts = 0;
    const left: Promise<{ runId: string }>[] = [];
    const experimentId = await bench.mlflow.experiments.ensure(bench.experiment);
    sabotage = ({ trial }) => {
      if (trial === undefined || ++starts > 6) return;
      away.add(trial.number);
      const tags = [{ key: "mlflow.parentRunId", value: trial.parentRunId }];
      if (starts === 1)
        left.push(bench.mlflow.runs.create({ experimentId, name: "killed", startTime: 1, tags }));
      throw new ColaError("MLFLOW_UNREACHABLE", "MLflow does not answer");
    };
    const { result } = await tune({ trials: 2, space: { depth: [3, 4] }, model: `${bench.model}-away` });
    expect(away).toEqual(new Set([0, 1]));
    expect(result!.trials).toEqual({ finished: 2, failed: 0 });
    const { runId } = await left[0]!;
    expect((await bench.mlflow.runs.get(runId)).status).toBe("KILLED");
  });

  it("ends when it is retried after a cancellation: withdrawn trials run, failed ones stay failed", async () => {
    const { prefix } = config.redis;
    const trainQueue = openQueue<TrainJob, TrainResult>("train", { connection, redis: config.redis });
    const cancelled = { asked: false };
    sabotage = ({ trial }) => {
      if (!trial || cancelled.asked) return;
      cancelled.asked = true;
      throw new ColaError("TRAINING_FAILED", "the only trial that runs");
    };
    const model = `${bench.model}-cancelled`;
    const space = { depth: [3, 4, 5, 6] };
    const payload = { experiment: bench.experiment, model, trials: 4, space, dataset: { path: tweets } };
    await trainQueue.queue.pause();
    const added = await addJob(tuneQueue, "tune", payload, { attempts: 1 });
    const id = added.id!;
    const job = async () => (await tuneQueue.queue.getJob(id))!;
    const state = async (wanted: string) => {
      while ((await (await job()).getState()) !== wanted) await sleep(50);
    };
    await state("waiting-children");
    await requestCancel(connection, prefix, "tune", id);
    // One trial fails, the others are withdrawn.
    const [first, ...others] = await trainQueue.queue.getJobs(["waiting"]);
    for (const trial of others) await trial!.remove();
    await trainQueue.queue.resume();
    await state("failed");
    expect((await job()).failedReason).toMatch(/^JOB_CANCELLED/);
    expect(await first!.isFailed()).toBe(true);
    await clearCancel(connection, prefix, "tune", id);
    await (await job()).retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
    await state("completed");
    expect((await job()).returnvalue.trials).toEqual({ finished: 3, failed: 1 });
  });

  it("fails because of a full disk if every trial does; retried when there is room, it tries them anew", async () => {
    let isFull = true;
    sabotage = ({ trial }) => {
      if (trial && isFull) throw new ColaError("OUTPUT_UNWRITABLE", "/state/spool: no room");
    };
    const model = `${bench.model}-full`;
    const experiment = `full-${bench.experiment}`;
    const { failed, id } = await tune({ trials: 2, space: { depth: [3, 4] }, model, experiment });
    expect(failed).toMatch(/^OUTPUT_UNWRITABLE: no trial of 2 can be chosen.*\/state\/spool: no room/);
    const experimentId = (await bench.mlflow.experiments.find(experiment))!;
    const parent = async () =>
      (await bench.mlflow.runs.search([experimentId], "attributes.run_name LIKE 'tune %'"))[0]!;
    expect(await parent()).toMatchObject({
      status: "FAILED",
      tags: { "colaml.failure": expect.stringMatching(/^OUTPUT_UNWRITABLE: /) },
    });

    isFull = false;
    const job = async () => (await tuneQueue.queue.getJob(id))!;
    await (await job()).retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
    while (!(await (await job()).isCompleted())) {
      expect(await (await job()).isFailed()).toBe(false);
      await sleep(50);
    }
    expect((await job()).returnvalue.trials).toEqual({ finished: 2, failed: 0 });
    const { status, tags } = await parent();
    expect(status).toBe("FINISHED");
    expect(tags["colaml.failure"]).toMatch(/^taken up again after OUTPUT_UNWRITABLE: /);
  });

  it("fails with the first reason if every trial does, and marks its run", async () => {
    const none = join(bench.folder, "wordless.csv");
    await writeFile(
      none,
      ["text,inbound", ...Array.from({ length: 60 }, (_, i) => `!!,${i % 2}`), ""].join("\n"),
    );
    const { failed } = await tune(
      { trials: 2, space: { depth: [3, 4] }, experiment: `fails-${bench.experiment}` },
      none,
    );
    expect(failed).toMatch(/^TRAINING_FAILED: no trial of 2 can be chosen.*no term remains/);
    const id = (await bench.mlflow.experiments.find(`fails-${bench.experiment}`))!;
    const [parent] = await bench.mlflow.runs.search([id], "attributes.run_name LIKE 'tune %'");
    expect(parent?.status).toBe("FAILED");
  });

  itWithRealData(
    "beats CatBoost with the same 100 features and 50 iterations on the same real test rows",
    async () => {
      const space = {
        max_features: [100],
        iterations: [50],
        learning_rate: { min: 0.1, max: 0.5, log: true },
        depth: { min: 4, max: 10, log: false },
        stop_words: ["english" as const, "none" as const],
      };
      const metric = "roc_auc" as const;
      const { result } = await tune(
        { trials: 10, space, metric, model: `${bench.model}-real` },
        realDataPath!,
      );
      expect(result!.metrics.test.accuracy_score).toBeGreaterThan(0.837);
      expect(result!.metrics.test.roc_auc).toBeGreaterThan(0.915);
    },
    180_000,
  );
});
