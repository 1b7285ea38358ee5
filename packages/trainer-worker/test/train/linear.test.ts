import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TrainJobInput } from "@colaml/shared/contracts/train";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { isLinear } from "@colaml/shared/learning/model/ensemble";
import { loadModel, resolveModel } from "@colaml/shared/mlflow/load-model";
import { itWithRealData, realDataPath } from "../../../shared/test/real-data";
import { candidate } from "../champion/local-check";
import { openTrainingBench, type TrainingBench } from "../training-bench";

const linear = { boosting: { booster: "gblinear" } } satisfies Omit<TrainJobInput, "dataset">;
const quick = { boosting: { iterations: 20, learning_rate: 0.3 } };

let bench: TrainingBench;
let tweets: string;
beforeAll(async () => {
  bench = await openTrainingBench();
  tweets = join(bench.folder, "tweets.csv");
  await writeSyntheticTweets(tweets, 3_000, 42);
});
afterAll(() => bench.close());

describe("a train job of the linear booster", () => {
  it("is recorded with its own settings, rehearsed and made champion, and loads from the registry", async () => {
    const result = await bench.train(linear, tweets);
    expect(result).toMatchObject({ promoted: true, modelVersion: "1" });
    const { params, metrics } = await bench.mlflow.runs.get(result.runId);
    expect(params).toMatchObject({
      booster: "gblinear",
      iterations: "20",
      learning_rate: "0.5",
      reg_lambda: "0.000002",
      reg_alpha: "0",
    });
    expect(params).not.toHaveProperty("depth");
    expect(params).not.toHaveProperty("l2_leaf_reg");
    expect(metrics["iterations_kept"]).toBe(20);
    const importance = JSON.parse(await bench.runFile(result.runId, "feature_importance.json"));
    expect(importance[0]).toMatchObject({
      term: expect.any(String),
      class: "True",
      weight: expect.any(Number),
    });
    expect(await bench.runFile(result.runId, "feature_importance.svg")).toContain("words that have a weight");
    const pinned = await resolveModel(bench.mlflow, `models:/${bench.model}@champion`);
    const { bundle } = await loadModel(bench.mlflow, pinned, { cacheDir: join(bench.folder, "cache") });
    expect(bundle.formatVersion).toBe(2);
    expect(isLinear(bundle.ensemble)).toBe(true);
  });

  it("is judged against a champion of trees, and trees against a linear champion", async () => {
    for (const [i, [first, second]] of [
      [quick, linear],
      [linear, quick],
    ].entries()) {
      const model = `${bench.model}-${i}`;
      await bench.train({ model, ...first! }, tweets);
      const { championCheck } = await bench.train({ model, ...second! }, tweets);
      expect(championCheck).toMatchObject({ championVersion: "1", pChampion: expect.any(Number) });
    }
  });

  it("tells more than two classes apart, with early stopping and class weights", async () => {
    const words = ["late flight", "broken battery", "thanks friend", "lost parcel"];
    const others = ["again", "today", "please"];
    const rows = Array.from(
      { length: 800 },
      (_, i) => `${i},${words[i % 4]} ${others[i % 3]},class ${i % 4}`,
    );
    const path = join(bench.folder, "four.csv");
    await writeFile(path, `tweet_id,text,inbound\n${rows.join("\n")}\n`);
    const boosting = { ...linear.boosting, early_stopping_rounds: 3, class_weights: "balanced" as const };
    const { metrics } = await bench.train({ model: `${bench.model}-four`, boosting }, path);
    expect(metrics.test.accuracy_score).toBeGreaterThan(0.95);
    expect(metrics.test.roc_auc).toBeGreaterThan(0.95);
  });

  it("gives the same model files for the same file, byte for byte", async () => {
    const [first, second] = [await candidate(tweets, linear), await candidate(tweets, linear)];
    expect([...first.loaded.files.keys()]).toContain("model.xgb.json");
    expect(second.loaded.files.get("model.xgb.json")).toEqual(first.loaded.files.get("model.xgb.json"));
    expect(second.loaded.files.get("bundle.json")).toEqual(first.loaded.files.get("bundle.json"));
  });
});

itWithRealData(
  "reaches on real tweets the accuracy that XGBoost's linear booster has on words and pairs of words",
  async () => {
    const { trained } = await candidate(realDataPath!, {
      ...linear,
      features: { max_features: 20_000, ngram_range: [1, 2], stop_words: "none", sublinear_tf: true },
    });
    // Python: TfidfVectorizer with these features, gblinear on its rows: 0.9507.
    expect(Math.abs(trained.metrics.test.accuracy_score! - 0.951)).toBeLessThan(0.005);
  },
);
