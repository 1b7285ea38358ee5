import { appendFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { jobKeyOf } from "@colaml/shared/contracts/job-key";
import type { TrainResult } from "@colaml/shared/contracts/train";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import {
  missingOf,
  parseReferenceProfile,
  REFERENCE_PROFILE_FILE,
} from "@colaml/shared/learning/model/reference-profile";
import { VocabularySketch } from "@colaml/shared/learning/text/vocabulary-sketch";
import { loadModel, resolveModel } from "@colaml/shared/mlflow/load-model";
import { CHAMPION, PREVIOUS } from "@colaml/shared/mlflow/registry-names";
import { runIdentity } from "@colaml/trainer-worker/publication/publication";
import { LiveRun } from "@colaml/trainer-worker/publish/live-run";
import { abandonTraining, train } from "@colaml/trainer-worker/train/processor";
import { itWithRealData, realDataPath } from "../../../shared/test/real-data";
import { openTrainingBench, type TrainingBench } from "../training-bench";

let bench: TrainingBench;
let tweets: string;
beforeAll(async () => {
  bench = await openTrainingBench();
  tweets = join(bench.folder, "tweets.csv");
  await writeSyntheticTweets(tweets, 3_000, 42);
});
afterAll(() => bench.close());

async function runOf(runId: string) {
  const run = await bench.mlflow.runs.get(runId);
  const file = async (path: string) =>
    (await bench.mlflow.artifacts.download(run.artifactUri, path)).toString("utf8");
  return { ...run, file };
}

describe("a train job", () => {
  it("records the run, registers the model and makes the first one champion", async () => {
    const context = bench.context();
    const job = bench.job({}, tweets);
    const result = await train(job, context, bench.dependencies);
    expect(result).toMatchObject({ model: bench.model, modelVersion: "1", promoted: true });
    expect(result.verdict).toMatch(/^PROMOTE: /);
    expect(result.metrics.test.accuracy_score).toBeGreaterThan(0.75);
    expect(context.stages).toEqual(expect.arrayContaining(["read", "fit", "transform", "boost", "publish"]));

    const run = await runOf(result.runId);
    expect(run.status).toBe("FINISHED");
    expect(run.params).toMatchObject({
      iterations: "50",
      learning_rate: "0.05",
      depth: "6",
      l2_leaf_reg: "3",
      random_seed: "42",
      max_features: "100",
      champion_threshold: "0",
      rule: "evidence",
      min_class_rows: "auto",
      test_size: "0.3",
    });
    expect(run.metrics["test_accuracy_score"]).toBe(result.metrics.test.accuracy_score);
    expect(run.metrics["validation_roc_auc"]).toBe(result.metrics.validation.roc_auc);
    expect(run.metrics["train_rows"]).toBe(result.rows.train);
    expect(run.metrics["training_seconds"]).toBeGreaterThan(0);
    expect(run.tags).toMatchObject({ "mlflow.source.type": "JOB", "colaml.verdict": "PROMOTE" });
    expect(run.modelOutputs).toHaveLength(1);
    expect(await run.file("confusion_matrix.svg")).toContain("<svg");
    expect(await run.file("per_class_metrics.csv")).toMatch(/^label,precision/);
    expect(JSON.parse(await run.file("champion_verdict.json"))).toMatchObject({
      verdict: "PROMOTE",
      version: "1",
      testRows: result.rows.test,
    });
    const version = await bench.mlflow.registry.version(bench.model, "1");
    expect(version.tags["version"]).toBe("1.0.1");
    expect(await bench.spool.list()).toEqual([]);
  });

  it("shows each final metric on the logged model with the rows that it was measured on", async () => {
    const { runId } = await bench.train({ model: `${bench.model}-metrics` }, tweets);
    const run = await runOf(runId);
    const { model } = (await mlflowGet(`logged-models/${run.modelOutputs[0]!}`)) as {
      model: { data: { metrics: LoggedMetric[] } };
    };
    const digests = await datasetDigests(runId);
    const shown = new Map(model.data.metrics.map((metric) => [metric.key, metric]));
    const expected: [string, string][] = [
      ["test_accuracy_score", "test"],
      ["test_rows", "test"],
      ["validation_roc_auc", "validation"],
      ["train_rows", "training"],
      ["training_seconds", "training"],
    ];
    for (const [key, part] of expected) {
      expect(shown.get(key)).toMatchObject({
        value: run.metrics[key],
        run_id: runId,
        dataset_name: `tweets.csv (${part})`,
        dataset_digest: digests.get(part),
      });
    }
    // The steps of every iteration stay with the run.
    expect([...shown.keys()].filter((key) => key.endsWith("_step"))).toEqual([]);
  });

  it("logs every iteration as a step once", async () => {
    const result = await bench.train({ boosting: { iterations: 7 } }, tweets);
    const history = await metricHistory(result.runId, "validation_log_loss_step");
    expect(history.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("stores a reference profile that the monitor reads", async () => {
    const pinned = await resolveModel(bench.mlflow, `models:/${bench.model}@champion`);
    const { files } = await loadModel(bench.mlflow, pinned, { cacheDir: join(bench.folder, "m") });
    const profile = parseReferenceProfile(files.get(REFERENCE_PROFILE_FILE)!);
    expect(profile.classes).toEqual(["False", "True"]);
    expect(profile.rows).toBeGreaterThan(1_400);
    expect(missingOf(profile)).toBeUndefined();
    const { rows, metrics, classes } = profile.quality;
    const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
    expect([sum(classes!.actual), sum(classes!.predicted)]).toEqual([rows, rows]);
    expect(sum(classes!.correct) / rows).toBeCloseTo(metrics.accuracy_score!, 12);
    // Words beyond the model's own are known to the sketch.
    expect(new VocabularySketch(profile.vocabulary!).documents).toBeGreaterThan(rows);
  });

  it("says that a file is sorted by label, in its notes and in the profile", async () => {
    const rows = Array.from({ length: 600 }, (_, i) => {
      const text = i < 300 ? `please help with order ${i % 7}` : `thanks for writing, visit us ${i % 5}`;
      return `${i},${text.replace(",", "")},${i < 300 ? "True" : "False"}`;
    });
    const path = join(bench.folder, "sorted.csv");
    await writeFile(path, `tweet_id,text,inbound\n${rows.join("\n")}\n`);
    const result = await bench.train({ model: `${bench.model}-sorted` }, path);
    expect(result.notes).toContainEqual(expect.stringMatching(/^the rows of the file are sorted by label /));
  });

  it("keeps the champion if the challenger is worse, and replaces it if it is better", async () => {
    const model = `${bench.model}-duel`;
    const first = await bench.train({ model, features: { max_features: 10 } }, tweets);
    expect(first.promoted).toBe(true);
    const worse = await bench.train(
      { model, features: { max_features: 2 }, boosting: { iterations: 1 } },
      tweets,
    );
    expect(worse.promoted).toBe(false);
    expect(worse.verdict).toMatch(/^(HOLD|REJECT): /);
    expect((await bench.mlflow.registry.versionOfAlias(model, CHAMPION))?.version).toBe("1");

    const better = await bench.train({ model, boosting: { learning_rate: 0.3 } }, tweets);
    expect(better.verdict).toMatch(/^PROMOTE: .* of version 1 on \d+ rows new to both .* left out\), p /);
    expect((await bench.mlflow.registry.versionOfAlias(model, CHAMPION))?.version).toBe("3");
    expect((await bench.mlflow.registry.versionOfAlias(model, PREVIOUS))?.version).toBe("1");
    const report = JSON.parse(await (await runOf(better.runId)).file("champion_verdict.json"));
    expect(report.mcnemar.p).toBeLessThan(0.05);
    expect(report.bootstrap.low).toBeGreaterThan(0);
  });

  it("gives the same model for the same input, byte for byte", async () => {
    const twice = [await bench.train({}, tweets), await bench.train({}, tweets)];
    const digests = await Promise.all(
      twice.map(async ({ modelVersion }) => {
        const { tags } = await bench.mlflow.registry.version(bench.model, modelVersion!);
        return tags["colaml.manifest_sha256"];
      }),
    );
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(digests[1]).toBe(digests[0]);
    expect(twice[1]!.verdict).toMatch(/^HOLD: not better/);
  });

  it("does not train again what a killed worker had already finished", async () => {
    const job = bench.job({ model: `${bench.model}-again` }, tweets);
    const first = await train(job, bench.context("job-a"), bench.dependencies);
    const again = await train(job, bench.context("job-a"), bench.dependencies);
    expect(again).toEqual(first);
    expect(await bench.mlflow.registry.versions(job.model)).toHaveLength(1);
  });

  it("makes no second run of a job that another attempt recorded while it trained", async () => {
    const job = bench.job({ model: `${bench.model}-overtaken` }, tweets);
    let first: TrainResult | undefined;
    // Asked for after it was looked whether the job is done, and before the training.
    const checkPath = async () => {
      first = await train(job, bench.context("job-o"), bench.dependencies);
    };
    const second = await train(job, bench.context("job-o"), { ...bench.dependencies, checkPath });
    expect(second).toEqual(first);
    expect(await bench.mlflow.registry.versions(job.model)).toHaveLength(1);
    const experiment = (await bench.mlflow.experiments.find(job.experiment))!;
    const runs = await bench.mlflow.runs.search([experiment], "tags.`colaml.job_id` = 'job-o'");
    expect(runs.map(({ status }) => status).sort()).toEqual(["FINISHED", "KILLED"]);
  });

  it("records a trial as a child run without a model", async () => {
    const parent = await bench.train({ model: `${bench.model}-parent` }, tweets);
    const model = `${bench.model}-trial`;
    const result = await bench.train({ model, trial: { parentRunId: parent.runId, number: 3 } }, tweets);
    expect(result.modelVersion).toBeUndefined();
    expect(result.promoted).toBe(false);
    const run = await runOf(result.runId);
    expect(run.tags["mlflow.parentRunId"]).toBe(parent.runId);
    expect(run.metrics["validation_roc_auc"]).toBe(result.metrics.validation.roc_auc);
    expect(await bench.mlflow.registry.versions(model)).toEqual([]);
  });

  it("trains more than two classes", async () => {
    const path = join(bench.folder, "three.csv");
    const words = [
      ["refund", "money"],
      ["login", "password"],
      ["delay", "flight"],
    ];
    const rows = Array.from({ length: 600 }, (_, i) => `${words[i % 3]![i % 2]} number ${i},${"abc"[i % 3]}`);
    await writeFile(path, ["text,team", ...rows, ""].join("\n"));
    const columns = { label: "team" };
    const result = await bench.train({ columns, model: `${bench.model}-three` }, path);
    expect(result.metrics.test.accuracy_score).toBe(1);
    expect(result.promoted).toBe(true);
    const run = await runOf(result.runId);
    expect(await run.file("roc_curve_plot.svg")).toContain("c (AUC 1.0000)");
  });

  it("stops early on the validation rows, keeps the best iteration, and weighs classes", async () => {
    const result = await bench.train(
      {
        model: `${bench.model}-early`,
        features: { max_features: 500, stop_words: "none" },
        boosting: {
          iterations: 400,
          learning_rate: 0.8,
          depth: 10,
          early_stopping_rounds: 5,
          class_weights: "balanced",
        },
      },
      tweets,
    );
    const { metrics } = await runOf(result.runId);
    const best = metrics["best_iteration"]!;
    expect(best).toBeLessThan(400);
    expect(metrics["iterations_kept"]).toBe(best);
    const history = await metricHistory(result.runId, "validation_log_loss_step");
    const lowest = history.reduce((a, b) => (b.value < a.value ? b : a));
    expect(lowest.step).toBe(best);
    expect(history.length).toBe(best + 5);
  });

  it("takes a seeded sample if max_train_rows says so", async () => {
    const job = { model: `${bench.model}-sample`, max_train_rows: 1_000 };
    const result = await bench.train(job, tweets);
    expect(result.rows).toMatchObject({ train: 490, validation: 210, test: 300 });
    expect((await runOf(result.runId)).metrics["rows_not_sampled"]).toBeGreaterThan(1_500);
  });

  itWithRealData("reaches on the real rows what Python's xgboost does", async () => {
    const result = await bench.train({ model: `${bench.model}-real` }, realDataPath!);
    expect(result.metrics.test.accuracy_score).toBeGreaterThanOrEqual(0.81);
    expect(result.metrics.test.roc_auc).toBeGreaterThanOrEqual(0.89);
  });
});

describe("a train job that cannot succeed", () => {
  async function csv(name: string, lines: string[]): Promise<string> {
    const path = join(bench.folder, name);
    await writeFile(path, `${lines.join("\n")}\n`);
    return path;
  }
  const rows = (n: number, label: (i: number) => string) =>
    Array.from({ length: n }, (_, i) => `some text number ${i},${label(i)}`);

  it.each<[string, () => Promise<string>, string]>([
    ["has no file", async () => join(bench.folder, "nowhere.csv"), "INPUT_NOT_FOUND"],
    [
      "has an empty file",
      () => csv("empty.csv", []).then((p) => writeFile(p, "").then(() => p)),
      "INPUT_EMPTY",
    ],
    [
      "lacks the text column",
      () => csv("other.csv", ["body,inbound", ...rows(50, () => "a")]),
      "COLUMN_NOT_FOUND",
    ],
    ["has one class", () => csv("one.csv", ["text,inbound", ...rows(50, () => "True")]), "LABELS_INVALID"],
    ["has too few rows", () => csv("few.csv", ["text,inbound", ...rows(2, (i) => `${i}`)]), "TOO_FEW_ROWS"],
  ])("%s: is refused and leaves no run behind", async (_what, path, code) => {
    const experiment = `refused-${code}-${bench.experiment}`;
    await expect(bench.train({ experiment }, await path())).rejects.toMatchObject({ code });
    const id = await bench.mlflow.experiments.find(experiment);
    expect(id === undefined ? [] : await bench.mlflow.runs.search([id], "")).toEqual([]);
  });

  it("has words no model is made of: its run is marked FAILED with the reason", async () => {
    const experiment = `wordless-${bench.experiment}`;
    const path = await csv("wordless.csv", [
      "text,inbound",
      ...Array.from({ length: 60 }, (_, i) => `!!,${i % 2}`),
    ]);
    await expect(bench.train({ experiment }, path)).rejects.toMatchObject({ code: "PARAMETER_INVALID" });
    const id = (await bench.mlflow.experiments.find(experiment))!;
    const [run] = await bench.mlflow.runs.search([id], "");
    expect(run?.status).toBe("FAILED");
    expect(run?.tags["colaml.failure"]).toMatch(
      /^PARAMETER_INVALID: no term .*: --stop-words none keeps those, /,
    );
    expect(
      await readdir(join(bench.folder, "spool")).then((names) => names.filter((n) => /^\d/.test(n))),
    ).toEqual([]);
  });

  it("needs more memory than there is: is refused with what would fit", async () => {
    const dependencies = { ...bench.dependencies, maxMemoryMb: 1 };
    const job = bench.job({ experiment: `memory-${bench.experiment}` }, tweets);
    await expect(train(job, bench.context(), dependencies)).rejects.toMatchObject({
      code: "INPUT_TOO_LARGE",
    });
  });

  it("is cancelled: its run is KILLED", async () => {
    const abort = new AbortController();
    const experiment = `cancelled-${bench.experiment}`;
    const job = bench.job({ experiment, boosting: { iterations: 5_000 } }, tweets);
    const context = bench.context("cancelled", abort.signal);
    const progress = async ({ stage, done = 0 }: { stage: string; done?: number }) => {
      if (stage === "boost" && done > 1) abort.abort();
    };
    await expect(train(job, { ...context, progress }, bench.dependencies)).rejects.toMatchObject({
      code: "JOB_CANCELLED",
    });
    const id = (await bench.mlflow.experiments.find(experiment))!;
    expect((await bench.mlflow.runs.search([id], ""))[0]?.status).toBe("KILLED");
  });

  it("is not run again after it ended several workers: the run that the last one left is marked FAILED", async () => {
    const experiment = `abandoned-${bench.experiment}`;
    const context = { jobId: "deadly", addedAt: 5 };
    const jobKey = jobKeyOf("deadly", 5);
    const job = bench.job({ experiment }, tweets);
    const left = runIdentity(job, "deadly", jobKey, bench.dependencies.origin);
    await new LiveRun(bench.dependencies, experiment, left, bench.logger).open();
    const other = runIdentity(job, "other", jobKeyOf("other", 5), bench.dependencies.origin);
    await new LiveRun(bench.dependencies, experiment, other, bench.logger).open();
    const reason = new ColaError("JOB_FAILED", "train job deadly ended 3 workers");
    await abandonTraining(job, context, reason, bench.dependencies);
    const id = (await bench.mlflow.experiments.find(experiment))!;
    const runs = await bench.mlflow.runs.search([id], "");
    const states = Object.fromEntries(runs.map(({ status, tags }) => [status, tags["colaml.failure"]]));
    expect(states).toEqual({ FAILED: "JOB_FAILED: train job deadly ended 3 workers", RUNNING: undefined });
  });

  it.each([
    ["(?=x)\\w+", /look-ahead/],
    ["(\\w)\\1+", /back-reference/],
  ])("has the token pattern %s: is refused before its file is read", async (token_pattern, message) => {
    const missing = join(bench.folder, "missing.csv");
    await expect(bench.train({ features: { token_pattern } }, missing)).rejects.toMatchObject({
      code: "PARAMETER_INVALID",
      message: expect.stringMatching(message),
    });
  });

  it("has a token pattern that backtracking engines hang on: is trained", async () => {
    const path = await csv("hostile-words.csv", [
      "text,inbound",
      ...Array.from(
        { length: 80 },
        (_, i) => `${i % 2 ? "please help" : "thanks"} ${"x".repeat(20_000)} w${i % 7},${i % 2}`,
      ),
    ]);
    const token_pattern = "(?:x+)+y|\\w*\\w*\\w*\\w*\\w*!|\\w+";
    const { rows } = await bench.train({ features: { token_pattern }, boosting: { iterations: 5 } }, path);
    expect(rows.train + rows.validation + rows.test).toBe(80);
  });

  it("finds MLflow away at its start: says so within seconds", async () => {
    const away = await openTrainingBench("http://127.0.0.1:9");
    await appendFile(join(away.folder, "x"), "");
    await expect(away.train({}, tweets)).rejects.toMatchObject({
      code: "MLFLOW_UNREACHABLE",
      message: expect.stringContaining("http://127.0.0.1:9"),
    });
    await away.close();
  });
});

interface LoggedMetric {
  key: string;
  value: number;
  dataset_name?: string;
  dataset_digest?: string;
}

/** What MLflow answers to anybody who asks over REST. */
async function mlflowGet(path: string): Promise<unknown> {
  return (await fetch(`${process.env["TEST_MLFLOW_URI"]}/api/2.0/mlflow/${path}`)).json();
}

/** Digest of each of the run's datasets, by its context. */
async function datasetDigests(runId: string): Promise<Map<string, string>> {
  const { run } = (await mlflowGet(`runs/get?run_id=${runId}`)) as {
    run: { inputs: { dataset_inputs: { tags: { value: string }[]; dataset: { digest: string } }[] } };
  };
  return new Map(run.inputs.dataset_inputs.map(({ tags, dataset }) => [tags[0]!.value, dataset.digest]));
}

async function metricHistory(runId: string, key: string): Promise<{ step: number; value: number }[]> {
  const query = new URLSearchParams({ run_id: runId, metric_key: key });
  const answer = (await mlflowGet(`metrics/get-history?${query}`)) as {
    metrics: { step: number | string; value: number }[];
  };
  return answer.metrics
    .map(({ step, value }) => ({ step: Number(step), value }))
    .sort((a, b) => a.step - b.step);
}
