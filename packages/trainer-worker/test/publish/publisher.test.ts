import { readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { jobKeyOf } from "@colaml/shared/contracts/job-key";
import type { JobProgress } from "@colaml/shared/contracts/progress";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { championHistory } from "@colaml/shared/mlflow/champion";
import { createCheckPublisher } from "@colaml/shared/mlflow/check-publisher";
import { runIdentity } from "@colaml/trainer-worker/publication/publication";
import { LiveRun } from "@colaml/trainer-worker/publish/live-run";
import { createPublishProcessor } from "@colaml/trainer-worker/publish/processor";
import { Publisher } from "@colaml/trainer-worker/publish/publisher";
import { train } from "@colaml/trainer-worker/train/processor";
import { type MlflowProxy, openMlflowProxy } from "../../../../test/mlflow-proxy";
import { openTrainingBench, type TrainingBench } from "../training-bench";

let proxy: MlflowProxy;
let bench: TrainingBench;
let tweets: string;
beforeAll(async () => {
  proxy = await openMlflowProxy();
  bench = await openTrainingBench(proxy.uri);
  tweets = join(bench.folder, "tweets.csv");
  await writeSyntheticTweets(tweets, 1_000, 3);
});
afterAll(async () => {
  await bench.close();
  await proxy.close();
});
afterEach(() => {
  proxy.passes = () => true;
});

const never = new AbortController().signal;

/** The same bytes but for one bit. */
function flipped(bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[200]! ^= 1;
  return changed;
}

/** Trains with an MLflow that goes away when the boosting begins. */
async function trainCutOff(jobId: string, input: Parameters<TrainingBench["job"]>[0]) {
  proxy.passes = () => true;
  const context = bench.context(jobId);
  const progress = async ({ stage }: { stage: string }) => {
    if (stage === "boost") proxy.passes = () => false;
  };
  const job = bench.job(input, tweets);
  return train(job, { ...context, progress }, bench.dependencies);
}

/** Status and reason of each run of an experiment, sorted. */
async function runsOf(experiment: string): Promise<string[][]> {
  const id = (await bench.mlflow.experiments.find(experiment))!;
  const runs = await bench.mlflow.runs.search([id], "");
  return runs.map(({ status, tags }) => [status, tags["colaml.failure"] ?? ""]).sort();
}

describe("a training that ends while MLflow is away", () => {
  it("is kept, says so, and is published once and in order when MLflow is back", async () => {
    const model = `${bench.model}-away`;
    for (const [i, features] of [30, 100].entries()) {
      const result = await trainCutOff(`away-${i}`, { model, features: { max_features: features } });
      expect(result.modelVersion).toBeUndefined();
      expect(result.promoted).toBe(false);
      expect(result.verdict).toMatch(/^not published yet: MLflow at http:.* does not answer/);
      expect(result.metrics.test.accuracy_score).toBeGreaterThan(0.5);
    }
    expect(await bench.spool.list()).toHaveLength(2);

    const checks = createCheckPublisher(bench.mlflow, bench.folder, bench.logger);
    const publish = createPublishProcessor({ ...bench.dependencies, checks });
    const context = { signal: never } as Parameters<typeof publish>[1];
    await expect(publish({ v: 1 }, context)).rejects.toMatchObject({ code: "MLFLOW_UNREACHABLE" });
    expect(await bench.spool.list()).toHaveLength(2);

    proxy.passes = () => true;
    const { published } = await publish({ v: 1 }, context);
    expect(published.map(({ modelVersion }) => modelVersion)).toEqual(["1", "2"]);
    expect(await bench.spool.list()).toEqual([]);
    expect(await publish({ v: 1 }, context)).toEqual({ published: [], checks: 0, refused: [] });

    const experiment = (await bench.mlflow.experiments.find(bench.experiment))!;
    const runs = await bench.mlflow.runs.search([experiment], "");
    expect(runs.map(({ status }) => status)).toEqual(["FINISHED", "FINISHED"]);
    const history = await championHistory(bench.mlflow, model);
    expect(history.map(({ version }) => version).sort()).toEqual(["1", "2"]);
    // Whoever takes the job up again gets its result, and nothing is trained twice.
    const again = await train(bench.job({ model }, tweets), bench.context("away-1"), bench.dependencies);
    expect(again.modelVersion).toBe("2");
  });

  it("makes one run, one model and one version wherever it is cut off", async () => {
    const experiment = `cut-${bench.experiment}`;
    const job = bench.job({ experiment, boosting: { iterations: 3 } }, tweets);
    const context = bench.context("cut");
    const progress = async ({ stage }: { stage: string }) => {
      if (stage === "boost") proxy.passes = () => false;
    };
    await train(job, { ...context, progress }, bench.dependencies);
    const { publisher } = bench.dependencies;
    let cuts = 0;
    for (let waiting = true; waiting; cuts++) {
      proxy.reset();
      const cut = 1 + 3 * cuts;
      proxy.passes = (number) => number !== cut;
      waiting = (await publisher.publishWaiting(never)).waiting !== undefined;
      expect(cuts).toBeLessThan(100);
    }
    expect(cuts).toBeGreaterThan(8);
    proxy.passes = () => true;
    const id = (await bench.mlflow.experiments.find(experiment))!;
    const runs = await bench.mlflow.runs.search([id], "");
    expect(runs).toHaveLength(1);
    const run = await bench.mlflow.runs.get(runs[0]!.runId);
    expect(run.status).toBe("FINISHED");
    expect(run.modelOutputs).toHaveLength(1);
    expect(run.tags["colaml.verdict"]).toBe("PROMOTE");
    const versions = await bench.mlflow.registry.versions(job.model);
    expect(versions).toHaveLength(1);
    expect(await championHistory(bench.mlflow, job.model)).toHaveLength(1);
  });
});

describe("the run of an attempt that is not recorded", () => {
  const recordedFirst = "JOB_CANCELLED: another attempt at this job was recorded first";

  it("ends, and so does its model, if two attempts at one job wait to be published", async () => {
    const experiment = `overlap-${bench.experiment}`;
    const model = `${bench.model}-overlap`;
    const job = bench.job({ experiment, model, boosting: { iterations: 300 } }, tweets);
    let boosting = 0;
    const attempt = () =>
      train(
        job,
        {
          ...bench.context("overlap"),
          async progress({ stage, done = 0 }) {
            if (stage === "boost" && done <= 1 && ++boosting >= 2) proxy.passes = () => false;
          },
        },
        bench.dependencies,
      );
    await Promise.all([attempt(), attempt()]);
    expect(await bench.spool.list()).toHaveLength(2);
    proxy.passes = () => true;
    const { published } = await bench.dependencies.publisher.publishWaiting(never);
    expect(published).toHaveLength(1);
    expect(await bench.spool.list()).toEqual([]);
    expect((await runsOf(experiment)).map(([status]) => status)).toEqual(["FINISHED", "KILLED"]);
    expect(await bench.mlflow.registry.versions(model)).toHaveLength(1);
  });

  it("ends when the job is taken up again, if its worker was killed after another was recorded", async () => {
    const experiment = `killed-${bench.experiment}`;
    const job = bench.job({ experiment, boosting: { iterations: 3 } }, tweets);
    const context = bench.context("killed");
    const { runId } = await train(job, context, bench.dependencies);
    const jobKey = jobKeyOf(context.jobId, context.addedAt);
    const left = runIdentity(job, context.jobId, jobKey, bench.dependencies.origin);
    await new LiveRun(bench.dependencies, experiment, left, bench.logger).open();
    expect((await train(job, context, bench.dependencies)).runId).toBe(runId);
    expect(await runsOf(experiment)).toEqual([
      ["FINISHED", ""],
      ["KILLED", recordedFirst],
    ]);
  });

  it("ends when MLflow answers again, if it was away when the attempt failed", async () => {
    const experiment = `later-${bench.experiment}`;
    const job = bench.job({ experiment, boosting: { iterations: 2_000 } }, tweets);
    const abort = new AbortController();
    const context = {
      ...bench.context("later", abort.signal),
      async progress({ stage, done = 0 }: JobProgress) {
        if (stage !== "boost" || done < 1) return;
        proxy.passes = () => false;
        abort.abort();
      },
    };
    await expect(train(job, context, bench.dependencies)).rejects.toMatchObject({ code: "JOB_CANCELLED" });
    proxy.passes = () => true;
    expect(await runsOf(experiment)).toEqual([["RUNNING", ""]]);
    const { publisher } = bench.dependencies;
    await publisher.publishWaiting(never);
    expect(await runsOf(experiment)).toEqual([["KILLED", "JOB_CANCELLED: training was cancelled"]]);
    expect(await readdir(join(bench.folder, "run-ends"))).toEqual([]);
  });
});

describe("a kept training that was damaged on the disk", () => {
  it.each([
    ["at once", true],
    ["when MLflow answers again", false],
  ])("is set aside with its reason, and its run ends with it %s", async (_when, answers) => {
    const experiment = `torn-${answers}-${bench.experiment}`;
    await trainCutOff(`torn-${answers}`, { experiment, model: `${bench.model}-torn` });
    const [entry] = await bench.spool.list();
    await truncate(join(bench.spool.folder, entry!, "publication.json"), 40);
    const { publisher } = bench.dependencies;
    proxy.passes = () => answers;
    const { refused } = await publisher.publishWaiting(never);
    expect(refused).toEqual([
      {
        folder: join(bench.spool.folder, `refused-${entry}`),
        reason: expect.stringMatching(/^what is kept in .* cannot be read: /),
      },
    ]);
    expect(await bench.spool.list()).toEqual([]);
    proxy.passes = () => true;
    if (!answers) {
      expect(await runsOf(experiment)).toEqual([["RUNNING", ""]]);
      await publisher.publishWaiting(never);
    }
    expect(await runsOf(experiment)).toEqual([["FAILED", `MODEL_CORRUPT: ${refused[0]!.reason}`]]);
    await rm(refused[0]!.folder, { recursive: true });
    expect(await readdir(join(bench.folder, "run-ends"))).toEqual([]);
  });
});

describe("a publish job", () => {
  it("records the checks that wait, too, and says what MLflow's absence keeps waiting", async () => {
    const checks = createCheckPublisher(bench.mlflow, bench.folder, bench.logger);
    const publish = createPublishProcessor({ ...bench.dependencies, checks });
    const context = { signal: never } as Parameters<typeof publish>[1];
    const record = {
      publishId: `check-${bench.experiment}`,
      experiment: `checks-${bench.experiment}`,
      runName: "monitor m v1",
      startTime: 1_000,
      endTime: 2_000,
      params: [],
      metrics: [],
      tags: [],
      datasets: [],
      artifacts: new Map([["monitoring_report.html", Buffer.from("<p>report</p>")]]),
      series: { seriesId: "m-1", runName: "monitoring m v1", tags: [], step: 1, metrics: [] },
    };
    proxy.passes = () => false;
    await expect(checks.publish(record, never)).rejects.toMatchObject({
      code: "MLFLOW_UNREACHABLE",
      message: expect.stringMatching(/kept in .*spool-checks and recorded when MLflow is back/),
    });
    proxy.passes = () => true;
    expect(await publish({ v: 1 }, context)).toMatchObject({ checks: 1, refused: [] });
    const experiment = (await bench.mlflow.experiments.find(record.experiment))!;
    const runs = await bench.mlflow.runs.search([experiment], "attributes.status = 'FINISHED'");
    expect(runs).toHaveLength(2);
  });
});

describe("a champion check", () => {
  it("rejects a model whose files were altered in the store", async () => {
    const model = `${bench.model}-altered`;
    const context = bench.context("altered");
    const result = await train(bench.job({ model }, tweets), context, bench.dependencies);
    expect(result.promoted).toBe(true);
    // The same training again, its golden sample altered on the way to MLflow.
    const upload = bench.mlflow.artifacts.upload.bind(bench.mlflow.artifacts);
    const spy = jest.spyOn(bench.mlflow.artifacts, "upload").mockImplementation((uri, path, bytes) => {
      const changed = path.endsWith("golden_sample.json") ? flipped(bytes) : bytes;
      return upload(uri, path, changed);
    });
    const job = bench.job(
      { model, features: { max_features: 500 }, boosting: { learning_rate: 0.3 } },
      tweets,
    );
    const broken = await train(job, bench.context("altered-2"), bench.dependencies);
    spy.mockRestore();
    expect(broken).toMatchObject({ promoted: false, modelVersion: "2" });
    expect(broken.verdict).toMatch(/^REJECT: the rehearsal failed: .*golden_sample\.json.*sha256/);
    expect((await bench.mlflow.registry.versionOfAlias(model, "champion"))?.version).toBe("1");
  });

  it("lets nobody be kept out by a champion that cannot be loaded, and names it", async () => {
    const model = `${bench.model}-unsigned`;
    expect((await bench.train({ model }, tweets)).promoted).toBe(true);
    // From here on models are signed: the champion is not, so nothing may load it.
    const { mlflow, spool, logger, folder } = bench;
    const { runEnds } = bench.dependencies;
    const signed = { cacheDir: join(folder, "signed"), hmacKey: "a key" };
    const announce = async () => {};
    const publisher = new Publisher({ mlflow, spool, runEnds, logger, announce, ...signed });
    const dependencies = { ...bench.dependencies, publisher, hmacKey: signed.hmacKey };
    const result = await train(bench.job({ model }, tweets), bench.context("signed"), dependencies);
    expect(result).toMatchObject({ promoted: true, modelVersion: "2" });
    expect(result.notes).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^champion version 1 cannot be loaded and does not count: .*sign/),
      ]),
    );
  });

  it("holds a challenger whose classes are not the champion's", async () => {
    const model = `${bench.model}-classes`;
    await bench.train({ model }, tweets);
    const path = join(bench.folder, "others.csv");
    const rows = Array.from(
      { length: 200 },
      (_, i) => `${i % 2 ? "good day" : "bad night"} ${i},${i % 2 ? "up" : "down"}`,
    );
    await writeFile(path, ["text,inbound", ...rows, ""].join("\n"));
    const result = await bench.train({ model }, path);
    expect(result.verdict).toMatch(
      /^HOLD: champion version 1 could not be compared: the classes differ: False, True only in the champion; /,
    );
  });
});
