import { requestPayload, trainPayload } from "@colaml/producer/submit/payloads";
import { trainJobSchema } from "@colaml/shared/contracts/train";
import { tuneJobSchema } from "@colaml/shared/contracts/tune";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

const dataset = { path: "/data/tweets.csv" };
const under = (env: Record<string, string>) => resolveConfig({ env });
const train = (env: Record<string, string>, request: object = {}) =>
  requestPayload("train", under(env), { dataset, ...request });

describe("a request for a training", () => {
  it("under the default settings is what its payload means by itself, whatever it gives", () => {
    const requests = [
      {},
      { preset: "best" },
      { boosting: { booster: "gblinear" } },
      { preset: "best", features: { analyzer: "word" }, boosting: { booster: "gbtree" } },
      { features: { analyzer: "char" } },
    ];
    for (const request of requests)
      expect(train({}, request)).toEqual(trainJobSchema.parse({ dataset, ...request }));
    expect(requestPayload("tune", under({}), { dataset })).toEqual(tuneJobSchema.parse({ dataset }));
  });

  it("takes what it leaves open from the settings, field by field, as the command line does", () => {
    const env = {
      COLAML_MODEL: "reviews",
      COLAML_TEXT_COLUMN: "body",
      COLAML_LABEL_COLUMN: "stars",
      COLAML_DEPTH: "4",
      COLAML_MAX_FEATURES: "500",
      COLAML_DELIMITER: ";",
      COLAML_CLASS_WEIGHTS: '{"1": 3}',
      MLFLOW_EXPERIMENT_NAME: "reviews",
    };
    const job = train(env, { boosting: { iterations: 9 }, columns: { label: "team" } });
    expect(job).toMatchObject({
      model: "reviews",
      dataset: { path: "/data/tweets.csv", delimiter: ";" },
      columns: { text: "body", label: "team", id: "tweet_id" },
      boosting: { depth: 4, iterations: 9, learning_rate: 0.05, class_weights: { "1": 3 } },
      features: { max_features: 500 },
    });
    expect(train(env)).toEqual(trainPayload(under(env), dataset.path));
    expect(train(env, { dataset: { path: "a.csv", delimiter: "," } }).dataset.delimiter).toBe(",");
  });

  it("under a preset in the settings has the preset's values; its own choice of another preset has none of them", () => {
    const env = { COLAML_PRESET: "best", COLAML_ITERATIONS: "7" };
    expect(train(env)).toMatchObject({
      preset: "best",
      features: { analyzer: ["word", "char_wb"], max_features: 20_000 },
      boosting: { booster: "gblinear", iterations: 7, reg_lambda: "auto" },
    });
    expect(train(env, { preset: "seed" })).toEqual(
      trainJobSchema.parse({ dataset, preset: "seed", boosting: { iterations: 7 } }),
    );
    expect(train(env, { boosting: { booster: "gbtree" } }).boosting).toEqual(
      trainJobSchema.parse({ dataset, preset: "best", boosting: { booster: "gbtree", iterations: 7 } })
        .boosting,
    );
    expect(requestPayload("tune", under(env), { dataset })).toEqual(
      tuneJobSchema.parse({ dataset, boosting: { iterations: 7 } }),
    );
  });

  it("is not given what means nothing to its booster or analyzer", () => {
    const job = train(
      { COLAML_DEPTH: "4", COLAML_MAX_FEATURES: "500" },
      { boosting: { booster: "gblinear" }, features: { analyzer: "char", max_features: 70 } },
    );
    expect(job.boosting).not.toHaveProperty("depth");
    expect(job.features).toMatchObject({ analyzer: "char", max_features: 70 });
  });

  it.each([
    ["text", /expected object|Invalid/],
    [[], /dataset|expected/],
    [{ dataset, boosting: "deep" }, /boosting/],
    [{ dataset, boosting: { depth: 99 } }, /boosting\.depth/],
    [{ dataset, deep: 1 }, /deep/],
    [{ dataset: "x.csv" }, /dataset/],
  ])("is refused if it is %j, as ever", (request, message) => {
    expect(() => requestPayload("train", under({ COLAML_DEPTH: "4" }), request)).toThrow(message);
  });
});

describe("other requests", () => {
  const input = { path: "/data/new.csv" };
  const env = {
    COLAML_MODEL: "reviews",
    COLAML_ALIAS: "blue",
    COLAML_TRANSPORT: "redis",
    COLAML_MAX_REJECTED: "3",
    COLAML_ENCODING: "latin1",
    COLAML_LABEL_COLUMN: "stars",
    COLAML_ACCURACY_THRESHOLD: "0.9",
  };
  const config = under(env);

  it("take model, transport, limits and the way a file is read from the settings", () => {
    expect(requestPayload("predict", config, { input, output: "/data/out.csv" })).toMatchObject({
      model: "models:/reviews@blue",
      transport: "redis",
      maxRejected: 3,
      input: { encoding: "latin1" },
    });
    expect(requestPayload("monitor", config, { input })).toMatchObject({
      model: "models:/reviews@blue",
      thresholds: { accuracy_score: 0.9, recall_score: 0.7 },
    });
    expect(requestPayload("compare", config, { challenger: "models:/reviews/3", input }).baseline).toBe(
      "models:/reviews@blue",
    );
    expect(requestPayload("labels", config, { input })).toMatchObject({
      model: "reviews",
      columns: { label: "stars" },
    });
  });

  it("win over the settings", () => {
    const wish = {
      model: "models:/other/3",
      transport: "file",
      input: { ...input, encoding: "utf-8" },
      output: "/o.csv",
    };
    expect(requestPayload("predict", config, wish)).toMatchObject(wish);
    // thresholds that are named are all that is checked
    const { thresholds } = requestPayload("monitor", config, { input, thresholds: { f1_score: 0.5 } });
    expect(thresholds).toEqual({ f1_score: 0.5 });
    expect(requestPayload("labels", config, { input, columns: { label: "team" } }).columns).toEqual({
      label: "team",
    });
  });
});
