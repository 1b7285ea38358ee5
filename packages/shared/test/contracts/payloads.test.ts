import { monitorJobSchema } from "@colaml/shared/contracts/monitor";
import { predictJobSchema } from "@colaml/shared/contracts/predict";
import { predictChunkJobSchema } from "@colaml/shared/contracts/predict-chunk";
import { trainJobSchema } from "@colaml/shared/contracts/train";
import { tuneJobSchema } from "@colaml/shared/contracts/tune";
import { decides } from "@colaml/shared/settings/decision-settings";

describe("the train payload", () => {
  it("calibrates nothing and decides nothing unless it says so", () => {
    const { decision } = trainJobSchema.parse({ dataset: { path: "a" } });
    expect(decision).toMatchObject({ calibration: "none", decide: "none", abstain_below: 0 });
    expect(decides(decision)).toBe(false);
    expect(decides({ ...decision, calibration: "auto" })).toBe(false);
    expect(decides({ ...decision, cost_matrix: {} })).toBe(true);
  });

  it("needs only a dataset and fills in the reference task's settings", () => {
    const job = trainJobSchema.parse({ dataset: { path: "tweets.csv" } });
    expect(job.columns).toEqual({ text: "text", label: "inbound", id: "tweet_id" });
    expect(job.boosting).toMatchObject({
      iterations: 50,
      learning_rate: 0.05,
      depth: 6,
      l2_leaf_reg: 3,
      random_seed: 42,
    });
    expect(job.features).toMatchObject({ max_features: 100, stop_words: "english", ngram_range: [1, 1] });
    expect(job.split).toMatchObject({ test_size: 0.3, validation_size: 0.3, random_seed: 42 });
    expect(job.champion).toEqual({
      champion_threshold: 0,
      metric: "accuracy_score",
      rule: "evidence",
      alpha: 0.05,
      force: false,
    });
  });

  it("fills in the settings of the booster that is named, and no others", () => {
    const job = trainJobSchema.parse({
      dataset: { path: "a" },
      boosting: { booster: "gblinear", iterations: 8 },
    });
    expect(job.boosting).toEqual({
      booster: "gblinear",
      iterations: 8,
      learning_rate: 0.5,
      reg_lambda: 0.000002,
      reg_alpha: 0,
      random_seed: 42,
      early_stopping_rounds: 0,
      class_weights: "none",
    });
    expect(trainJobSchema.parse(job)).toEqual(job);
  });

  it.each([
    ["depth", { booster: "gblinear", depth: 6 }, /booster gbtree, the booster is gblinear/],
    ["l2_leaf_reg", { booster: "gblinear", l2_leaf_reg: 1 }, /reg_lambda/],
    ["max_bin", { booster: "gblinear", max_bin: 8 }, /no splits: leave it out/],
    ["reg_lambda", { reg_lambda: 1 }, /l2_leaf_reg/],
    ["reg_alpha", { booster: "gbtree", reg_alpha: 1 }, /leave it out/],
  ])("is refused with %s for the other booster", (name, boosting, message) => {
    const { error } = trainJobSchema.safeParse({ dataset: { path: "a" }, boosting });
    expect(error!.issues).toHaveLength(1);
    expect(error!.issues[0]).toMatchObject({
      path: ["boosting", name],
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ["an unknown key", { dataset: { path: "a" }, depth: 6 }],
    ["an unknown nested key", { dataset: { path: "a" }, boosting: { max_depth: 6 } }],
    ["a path with NUL", { dataset: { path: "a\0b" } }],
    ["a model name that is a path", { dataset: { path: "a" }, model: "../x" }],
    ["a number as text", { dataset: { path: "a" }, boosting: { depth: "6" } }],
    ["another version", { v: 2, dataset: { path: "a" } }],
    ["a payload that is not an object", null],
  ])("is refused with %s", (_what, payload) => {
    expect(trainJobSchema.safeParse(payload).success).toBe(false);
  });

  it.each([
    ["boosting.class_weights", { boosting: { class_weights: JSON.parse('{"__proto__": 2}') } }],
    ["decision.cost_matrix", { decision: { cost_matrix: JSON.parse('{"__proto__": {"a": 2}}') } }],
    ["decision.cost_matrix.a", { decision: { cost_matrix: { a: JSON.parse('{"__proto__": 2}') } } }],
  ])("refuses a class named __proto__ in %s, which would be left out of it", (_field, fields) => {
    const { error } = trainJobSchema.safeParse({ dataset: { path: "a" }, ...fields });
    expect(JSON.stringify(error!.issues)).toContain("a class named __proto__ cannot be named here");
  });

  it("does not let __proto__ from a queue change any prototype", () => {
    const payload = JSON.parse('{"dataset": {"path": "a"}, "__proto__": {"polluted": true}}');
    trainJobSchema.safeParse(payload);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("the tune payload", () => {
  it("needs only a dataset and has the reference task's settings beside its own", () => {
    const job = tuneJobSchema.parse({ dataset: { path: "tweets.csv" } });
    expect(job).toMatchObject({
      trials: 20,
      metric: "accuracy_score",
      random_seed: 42,
      model: "modelo_nuevo",
    });
    expect(job.boosting).toMatchObject({ iterations: 50, learning_rate: 0.05, depth: 6, l2_leaf_reg: 3 });
  });

  it.each([
    ["an unknown key", { dataset: { path: "a" }, depth: 6 }],
    ["the mark of a trial", { dataset: { path: "a" }, trial: { parentRunId: "r", number: 0 } }],
    ["no trial", { dataset: { path: "a" }, trials: 0 }],
    ["a space of no booster", { dataset: { path: "a" }, space: { booster: [] } }],
    [
      "a space that means nothing to the booster",
      { dataset: { path: "a" }, boosting: { booster: "gblinear" }, space: { depth: [4] } },
    ],
  ])("is refused with %s", (_what, payload) => {
    expect(tuneJobSchema.safeParse(payload).success).toBe(false);
  });
});

describe("the predict payload", () => {
  it("takes a file with an output, or texts, and never both or neither", () => {
    expect(predictJobSchema.safeParse({ input: { path: "a" }, output: "b" }).success).toBe(true);
    expect(predictJobSchema.safeParse({ texts: ["hola"] }).success).toBe(true);
    expect(predictJobSchema.safeParse({ input: { path: "a" } }).success).toBe(false);
    expect(predictJobSchema.safeParse({ input: { path: "a" }, output: "b", texts: ["x"] }).success).toBe(
      false,
    );
    expect(predictJobSchema.safeParse({}).success).toBe(false);
  });

  it.each(["models:/modelo_nuevo@champion", "models:/m/3", "models:/m/latest"])(
    "accepts the model %s",
    (model) => {
      expect(predictJobSchema.safeParse({ texts: ["x"], model }).success).toBe(true);
    },
  );

  it.each(["modelo_nuevo", "models:/../x@a", "file:///etc/passwd", "models:/m@a/b", "models:/m"])(
    "refuses the model %s",
    (model) => {
      expect(predictJobSchema.safeParse({ texts: ["x"], model }).success).toBe(false);
    },
  );
});

describe("the predict-chunk payload", () => {
  const field = (place: number) => ({ name: "f", place });
  const plan = {
    input: { format: "csv", newline: 10, fields: 3, text: field(1), id: field(0) },
    output: {
      format: "csv",
      compression: "none",
      passThrough: [field(2)],
      explain: 0,
      spreadsheetSafe: false,
    },
    model: { name: "m", version: "1", runId: "", source: "", manifestSha256: "" },
  };
  const source = { kind: "file", path: "a", start: 10, end: 20, folder: "b" };
  const chunk = { batch: "b", index: 0, plan, source, firstLine: 2, firstRow: 0 };
  const withInput = (change: object) => ({
    ...chunk,
    plan: { ...plan, input: { ...plan.input, ...change } },
  });

  it("takes a range of a file, in NDJSON without places", () => {
    expect(predictChunkJobSchema.safeParse(chunk).success).toBe(true);
    const ndjson = { format: "ndjson", fields: 0, text: field(-1), id: field(-1) };
    const output = { ...plan.output, passThrough: [field(-1)] };
    const job = { ...chunk, plan: { ...plan, input: { ...plan.input, ...ndjson }, output } };
    expect(predictChunkJobSchema.safeParse(job).success).toBe(true);
  });

  it.each([
    ["more columns than a file may have", withInput({ fields: 2 ** 32 })],
    ["a text behind the last field", withInput({ text: field(3) })],
    ["a text before the first field", withInput({ text: field(-1) })],
    ["a second text behind the last field", withInput({ moreTexts: [field(3)] })],
    ["an id behind the last field", withInput({ id: field(9) })],
    [
      "a copied column behind the last field",
      { ...chunk, plan: { ...plan, output: { ...plan.output, passThrough: [field(3)] } } },
    ],
    ["a range that runs backwards", { ...chunk, source: { ...source, end: 9 } }],
    ["a range beyond any chunk", { ...chunk, source: { ...source, end: 2 ** 40 } }],
  ])("is refused with %s", (_what, payload) => {
    expect(predictChunkJobSchema.safeParse(payload).success).toBe(false);
  });
});

describe("the monitor payload", () => {
  it("takes a labelled file, predictions, or neither (the latest ones), and never both", () => {
    expect(monitorJobSchema.safeParse({ input: { path: "a" } }).success).toBe(true);
    expect(monitorJobSchema.safeParse({ predictions: "a", labels: "b" }).success).toBe(true);
    expect(monitorJobSchema.safeParse({ input: { path: "a" }, predictions: "a" }).success).toBe(false);
    expect(monitorJobSchema.safeParse({}).success).toBe(true);
    expect(monitorJobSchema.safeParse({ input: { path: "a" }, labels: "b" }).success).toBe(false);
  });
});
