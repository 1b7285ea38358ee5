import { join } from "node:path";
import type { TrainJobInput } from "@colaml/shared/contracts/train";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { bundleFromFiles } from "@colaml/shared/learning/model/bundle-files";
import { loadModel, resolveModel } from "@colaml/shared/mlflow/load-model";
import { candidate } from "../champion/local-check";
import { openTrainingBench, type TrainingBench } from "../training-bench";

const quick = { boosting: { iterations: 20, learning_rate: 0.3 } };
const decided: Omit<TrainJobInput, "dataset"> = {
  ...quick,
  decision: { calibration: "isotonic", min_precision: 0.9, abstain_below: 0.6, abstain_word: "ask" },
};

let bench: TrainingBench;
let tweets: string;
beforeAll(async () => {
  bench = await openTrainingBench();
  tweets = join(bench.folder, "tweets.csv");
  await writeSyntheticTweets(tweets, 3_000, 42);
});
afterAll(() => bench.close());

describe("a train job with calibration and a decision rule", () => {
  it("judges, rehearses and publishes the model as it answers, with curves and metrics of the test rows", async () => {
    await bench.train(quick, tweets);
    const result = await bench.train(decided, tweets);
    // scored again from the registry, the model gives the bits that the training saw
    expect(result.championCheck).toMatchObject({ championVersion: "1", pChampion: expect.any(Number) });
    expect(result.calibration).toMatchObject({
      wanted: "isotonic",
      method: "isotonic",
      test: { logLoss: { before: expect.any(Number) } },
    });
    const { decisionRule } = result;
    expect(decisionRule).toMatchObject({
      wanted: ["min_precision 0.9", "abstain_below 0.6"],
      abstainBelow: 0.6,
      abstainWord: "ask",
      test: { rows: result.rows.test },
    });
    const { metrics, params } = await bench.mlflow.runs.get(result.runId);
    expect(params).toMatchObject({ calibration: "isotonic", min_precision: "0.9", abstain_word: "ask" });
    expect(metrics["test_decision_coverage"]).toBeCloseTo(decisionRule!.test.coverage!, 12);
    expect(metrics["test_decision_precision"]).toBeCloseTo(decisionRule!.test.precision!, 12);
    expect(metrics["test_log_loss_uncalibrated"]).toBeGreaterThan(0);
    const coverage = (await bench.runFile(result.runId, "coverage_accuracy.csv")).trim().split("\n");
    expect(coverage[0]).toBe("confidence,coverage,accuracy");
    expect(coverage.at(-1)!.split(",")[1]).toBe("1");
    expect(await bench.runFile(result.runId, "coverage_accuracy_plot.svg")).toContain("Accuracy by coverage");
    expect(await bench.runFile(result.runId, "reliability_plot.svg")).toContain("before and after");
    expect((await bench.runFile(result.runId, "reliability.csv")).trim().split("\n")).toHaveLength(
      1 + 2 * 15,
    );
    expect(JSON.parse(await bench.runFile(result.runId, "decision.json"))).toEqual(decisionRule);
    const pinned = await resolveModel(bench.mlflow, `models:/${bench.model}/${result.modelVersion}`);
    const { bundle } = await loadModel(bench.mlflow, pinned, { cacheDir: join(bench.folder, "cache") });
    expect(bundle).toMatchObject({
      formatVersion: 3,
      calibration: { method: "isotonic" },
      decision: { abstainBelow: 0.6, abstainWord: "ask", thresholds: [expect.any(Number)] },
    });
  });

  it("leaves the default model as it was: no calibration, no rule, the oldest format", async () => {
    const { trained, loaded } = await candidate(tweets, quick);
    expect(trained.decisions).toEqual({ notes: [] });
    const bundle = bundleFromFiles(loaded.files);
    expect(bundle.formatVersion).toBe(1);
    expect(Object.keys(bundle)).toEqual([
      "formatVersion",
      "classes",
      "columns",
      "features",
      "terms",
      "idf",
      "ensemble",
    ]);
  });

  it("refuses a cost of a class that the data lacks, and a word that is a class", async () => {
    const costs = { ...quick, decision: { cost_matrix: { True: { Maybe: 3 } } } };
    await expect(candidate(tweets, costs)).rejects.toMatchObject({ code: "PARAMETER_INVALID" });
    const word = { ...quick, decision: { abstain_below: 0.5, abstain_word: "True" } };
    await expect(candidate(tweets, word)).rejects.toMatchObject({ code: "PARAMETER_INVALID" });
  });
});
