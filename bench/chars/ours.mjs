// Our scorer of CSV bytes with vectorizers that scikit-learn has fitted.
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(resolve(import.meta.dirname, "../../packages/predictor-worker/package.json"));
const { ByteScorer } = require("./dist/scoring/byte-scorer.js");
const { createClassifier } = require("@colaml/shared/learning/model/classifier");
const { columnsSchema } = require("@colaml/shared/settings/columns-settings");
const { featuresSchema } = require("@colaml/shared/settings/features-settings");

/** A file of few rows is scored again until this is over. */
const LEAST_SECONDS = 0.5;
const RANGE_BYTES = 4_194_304;

function bundleOf({ terms, idf, partSizes, weights, bias }) {
  const features = featuresSchema.parse({
    analyzer: ["word", "char_wb"],
    stop_words: "none",
    ngram_range: [1, 2],
    sublinear_tf: true,
    max_features: partSizes[0],
    char_max_features: partSizes[1],
  });
  const ensemble = {
    objective: "binary:logistic",
    nFeatures: terms.length,
    nGroups: 1,
    baseMargin: 0,
    bias: Float32Array.of(bias),
    weights: Float32Array.from(weights),
    rounds: 1,
  };
  const classes = ["False", "True"];
  return {
    formatVersion: 2,
    classes,
    columns: columnsSchema.parse({}),
    features,
    terms,
    partSizes,
    idf,
    ensemble,
  };
}

function planOf() {
  return {
    input: {
      format: "csv",
      newline: 10,
      fields: 2,
      text: { name: "text", place: 1 },
      id: { name: "tweet_id", place: 0 },
    },
    output: { format: "csv", passThrough: [], explain: 0, spreadsheetSafe: false },
    model: { name: "m", version: "1" },
  };
}

/** A function that scores all rows of a CSV file and says how many they are and how long it took. */
export function createScorer(fitted, csv) {
  const bundle = bundleOf(fitted);
  const scorer = ByteScorer.of(planOf(), bundle, createClassifier(bundle));
  const first = csv.indexOf(10) + 1;
  const scoreAll = () => {
    let rows = 0;
    for (let start = first; start < csv.length; ) {
      let end = Math.min(csv.length, start + RANGE_BYTES);
      if (end < csv.length) end = recordEnd(csv, end);
      rows += scorer.score(csv.subarray(start, end), { firstLine: 1, firstRow: 0 }).rows;
      start = end;
    }
    return rows;
  };
  return () => {
    const started = performance.now();
    let rows = 0;
    let times = 0;
    let seconds = 0;
    for (; seconds < LEAST_SECONDS; seconds = (performance.now() - started) / 1000) {
      rows = scoreAll();
      times++;
    }
    return { rows, seconds: seconds / times };
  };
}

/** The end of the record at or behind `at`: a line end before an id and a comma. */
function recordEnd(csv, at) {
  for (let next = csv.indexOf(10, at) + 1; next > 0; next = csv.indexOf(10, next) + 1) {
    if (/^\d+,/.test(csv.toString("latin1", next, next + 24))) return next;
  }
  return csv.length;
}
