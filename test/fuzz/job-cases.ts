import { examplePlan } from "../../packages/predictor-worker/test/scoring/example-model";

const dataset = {
  path: "/data/a.csv",
  format: "csv",
  delimiter: ";",
  quote: '"',
  quoteEscape: "double",
  encoding: "utf-8",
  columnNames: ["id", "text", "other"],
  missingValues: "pandas",
};
const predict = {
  input: dataset,
  output: "/data/b.csv",
  passThrough: ["other"],
  explain: 3,
  maxRejected: 0.1,
};
const alert = {
  v: 1,
  id: "a1",
  rule: "quality",
  severity: "warning",
  status: "firing",
  metric: "accuracy_score",
  value: 0.5,
  comparison: "<",
  threshold: 0.7,
  model: "m",
  modelVersion: "3",
  message: "below",
  at: "2026-01-01T00:00:00.000Z",
};
const chunk = {
  batch: "b1",
  index: 0,
  plan: examplePlan(),
  source: { kind: "file", path: "/data/a.csv", start: 9, end: 99, folder: "/data/.b" },
  firstLine: 2,
  firstRow: 0,
};
const dead = {
  v: 1,
  jobId: "j1",
  batch: "b1",
  index: 3,
  records: 9,
  firstLine: 2,
  reason: "it fails",
  again: predict,
};

/** Sound payloads of each queue, with as many fields as there are. */
export const PAYLOADS: readonly { queue: string; payload: object }[] = [
  {
    queue: "train",
    payload: {
      dataset,
      columns: { text: ["subject", "text"], label: "inbound", id: "id" },
      features: {
        analyzer: ["word", "char_wb"],
        stop_words: ["the"],
        ngram_range: [1, 2],
        token_pattern: "\\w+",
        strip_accents: "unicode",
      },
      boosting: { booster: "gblinear", iterations: 8, reg_lambda: "auto", class_weights: { a: 2 } },
      decision: { decide: "f1", calibration: "auto", abstain_below: 0.5 },
    },
  },
  {
    queue: "train",
    payload: {
      dataset,
      boosting: { depth: 4, max_bin: 16 },
      decision: { cost_matrix: { a: { b: 2 } } },
      trial: { parentRunId: "r", number: 1 },
    },
  },
  {
    queue: "tune",
    payload: {
      dataset,
      space: {
        booster: ["gbtree", "gblinear"],
        depth: [2, 4],
        learning_rate: { min: 0.1, max: 0.5, log: true },
        ngram_range: [[1, 2]],
      },
      trials: 5,
      minutes: 3,
    },
  },
  { queue: "publish", payload: { retry_refused: true } },
  { queue: "predict", payload: { ...predict, range: { start: 9, end: 99, firstLine: 2, firstRow: 0 } } },
  { queue: "predict", payload: { texts: ["one", "two"] } },
  { queue: "predict-texts", payload: { texts: ["one", "two"], explain: 2 } },
  { queue: "predict-chunk", payload: chunk },
  { queue: "predict-chunk", payload: { ...chunk, source: { kind: "redis", bytes: 9 } } },
  { queue: "predict-dead", payload: dead },
  {
    queue: "monitor",
    payload: {
      predictions: "/data/b.csv",
      labels: dataset,
      thresholds: { accuracy_score: 0.7, class_recall: { a: 0.5 } },
      drop: { absolute: 0.1, relative: 0.2 },
      minRows: 50,
      falseAlarmRate: 0.01,
      reference: "/data/c.csv",
      report: "/data/r.html",
    },
  },
  { queue: "monitor", payload: { input: dataset, columns: { text: "text", label: "inbound", id: "id" } } },
  { queue: "labels", payload: { input: dataset, source: "argilla", predictions: "/data/b.csv" } },
  {
    queue: "labels",
    payload: { labels: [{ id: "1", label: "a" }], missingValues: "empty", columns: { id: "id" } },
  },
  { queue: "compare", payload: { challenger: "models:/m/3", input: dataset, columns: { text: ["a", "b"] } } },
  { queue: "alerts", payload: alert },
];
