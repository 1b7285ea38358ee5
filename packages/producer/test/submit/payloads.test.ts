import {
  labelsPayload,
  monitorPayload,
  predictPayload,
  trainPayload,
  tunePayload,
} from "@colaml/producer/submit/payloads";
import { labelsJobSchema } from "@colaml/shared/contracts/labels";
import { monitorJobSchema } from "@colaml/shared/contracts/monitor";
import { predictJobSchema } from "@colaml/shared/contracts/predict";
import { trainJobSchema } from "@colaml/shared/contracts/train";
import { tuneJobSchema } from "@colaml/shared/contracts/tune";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

const path = "tweets.csv";
const defaults = resolveConfig();

describe("a payload under the default configuration", () => {
  it("is what a payload means that names no setting", () => {
    expect(trainPayload(defaults, path)).toEqual(trainJobSchema.parse({ dataset: { path } }));
    expect(tunePayload(defaults, path)).toEqual(tuneJobSchema.parse({ dataset: { path } }));
    expect(predictPayload(defaults, { texts: ["x"] })).toEqual(predictJobSchema.parse({ texts: ["x"] }));
    expect(labelsPayload(defaults, { input: { path } })).toEqual(labelsJobSchema.parse({ input: { path } }));
  });

  it("of a check holds the configured thresholds", () => {
    expect(monitorPayload(defaults, {})).toEqual(
      monitorJobSchema.parse({
        thresholds: { accuracy_score: 0.75, precision_score: 0.7, recall_score: 0.7, f1_score: 0.7 },
        maxAmbiguous: 0.1,
      }),
    );
  });
});

describe("a payload under another configuration", () => {
  it("has every setting of a training under its name in scikit-learn or CatBoost", () => {
    const env = {
      COLAML_TEXT_COLUMN: "body",
      COLAML_LABEL_COLUMN: "stars",
      COLAML_ID_COLUMN: "review",
      COLAML_TEST_SIZE: "0.2",
      COLAML_VALIDATION_SIZE: "0.1",
      COLAML_SPLIT_SEED: "7",
      COLAML_STRATIFY: "yes",
      COLAML_MAX_FEATURES: "500",
      COLAML_STOP_WORDS: "none",
      COLAML_TOKEN_PATTERN: "\\w\\w+",
      COLAML_NGRAM_MAX: "2",
      COLAML_ITERATIONS: "9",
      COLAML_LEARNING_RATE: "0.3",
      COLAML_DEPTH: "4",
      COLAML_L2_LEAF_REG: "1.5",
      COLAML_RANDOM_SEED: "8",
      COLAML_CHAMPION_THRESHOLD: "0.6",
      COLAML_CHAMPION_METRIC: "macro_f1",
      COLAML_CHAMPION_RULE: "better",
      COLAML_CHAMPION_ALPHA: "0.01",
      COLAML_MODEL: "reviews",
      COLAML_VERSION_TAG: "2.0",
      MLFLOW_EXPERIMENT_NAME: "stars",
      COLAML_MAX_TRAIN_ROWS: "1000",
      COLAML_MIN_CLASS_ROWS: "3",
      COLAML_SIMILAR_LABELS: "keep",
      COLAML_MAX_REJECTED: "12",
    };
    expect(trainPayload(resolveConfig({ env }), path)).toMatchObject({
      columns: { text: "body", label: "stars", id: "review" },
      split: { test_size: 0.2, validation_size: 0.1, random_seed: 7, stratify: true },
      features: { max_features: 500, stop_words: "none", token_pattern: "\\w\\w+", ngram_range: [1, 2] },
      boosting: { iterations: 9, learning_rate: 0.3, depth: 4, l2_leaf_reg: 1.5, random_seed: 8 },
      champion: { champion_threshold: 0.6, metric: "macro_f1", rule: "better", alpha: 0.01 },
      model: "reviews",
      modelVersionTag: "2.0",
      experiment: "stars",
      max_train_rows: 1000,
      min_class_rows: 3,
      similar_labels: "keep",
      max_rejected: 12,
    });
  });

  it("leaves the least rows of a class to the trainer if nobody sets them", () => {
    expect(trainPayload(defaults, path)).not.toHaveProperty("min_class_rows");
  });

  it.each([
    ["COLAML_MODEL", "../x", /^model: allowed/],
    ["COLAML_TOKEN_PATTERN", "x".repeat(257), /^features\.token_pattern: /],
    ["MLFLOW_EXPERIMENT_NAME", "x".repeat(257), /^experiment: /],
  ])("is refused for a %s that no job takes", (variable, value, message) => {
    expect(() => trainPayload(resolveConfig({ env: { [variable]: value } }), path)).toThrow(message);
  });
});

describe("settings that only a payload had", () => {
  const flags = (given: Record<string, unknown>) => trainPayload(resolveConfig({ flags: given }), path);

  it("are flags and variables too, under the names that a payload has", () => {
    const { features, boosting } = flags({
      "features.sublinearTf": "yes",
      "features.minDf": "2",
      "features.maxDf": "0.9",
      "features.useIdf": "no",
      "features.lowercase": "no",
      "features.norm": "l1",
      "boosting.earlyStoppingRounds": "5",
    });
    expect(features).toMatchObject({ sublinear_tf: true, min_df: 2, max_df: 0.9, use_idf: false });
    expect(features).toMatchObject({ lowercase: false, norm: "l1", smooth_idf: true });
    expect(boosting.early_stopping_rounds).toBe(5);
  });

  it("take class weights as a word or as JSON by label", () => {
    expect(flags({ "boosting.classWeights": "balanced" }).boosting.class_weights).toBe("balanced");
    expect(flags({ "boosting.classWeights": '{"True": 2.5}' }).boosting.class_weights).toEqual({ True: 2.5 });
  });

  it.each(["heavy", '{"True": 0}', "{True: 2}", "[1]"])("refuse %s as class weights", (given) => {
    expect(() => flags({ "boosting.classWeights": given })).toThrow(/--class-weights is .*: allowed is none/);
  });
});
