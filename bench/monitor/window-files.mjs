// A predictions file with texts, its labels and a reference profile, made without a trained model.
import { createWriteStream, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";

const require = createRequire(resolve(import.meta.dirname, "../../packages/monitor-worker/package.json"));
const { DriftWindow } = require("@colaml/monitor-worker/drift/drift-window");
const { readDataset } = require("@colaml/shared/tables/dataset-reader");
const { writeSyntheticTweets } = require("@colaml/shared/learning/data/synthetic-tweets");
const { featuresSchema } = require("@colaml/shared/settings/features-settings");
const { createTokenizer } = require("@colaml/shared/learning/text/tokenizer");

const PROFILE_ROWS = 50_000;
const steps = (n) => Array.from({ length: n - 1 }, (_, i) => (i + 1) / n);
const field = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Probability of a row, from a hash of its id, near what its label says: right in 85% of rows. */
function scoreOf(id, label) {
  const noise = (Math.imul(Number(id), 2654435761) >>> 0) / 4294967296;
  const right = 0.5 + noise * 0.45;
  return (label === "True") === noise > 0.15 ? right : 1 - right;
}

/** @returns paths of predictions and labels; the profile lies in `folder` as profile.json */
export async function makeWindow(folder, rows) {
  const tweets = join(folder, "tweets.csv");
  await writeSyntheticTweets(tweets, rows, 7);
  const predictions = join(folder, "predictions.csv");
  const read = () => readDataset({ path: tweets }, { text: "text", label: "inbound", id: "tweet_id" });
  const { profile, terms } = await profileOf(read());
  writeFileSync(join(folder, "profile.json"), JSON.stringify({ profile, terms }));
  await pipeline(async function* () {
    yield "id,label,probability_False,probability_True,model_version,text\n";
    for await (const { texts, labels, ids } of read().batches()) {
      const lines = texts.map((text, i) => {
        const score = scoreOf(ids[i], labels[i]);
        return `${ids[i]},${score > 0.5 ? "True" : "False"},${(1 - score).toFixed(9)},${score.toFixed(9)},1,${field(text)}\n`;
      });
      yield lines.join("");
    }
  }, createWriteStream(predictions));
  return { predictions, labels: tweets };
}

async function profileOf(reader) {
  const tokenise = createTokenizer(featuresSchema.parse({}));
  const rows = [];
  for await (const { texts, labels, ids } of reader.batches()) {
    for (const [i, text] of texts.entries()) rows.push({ text, score: scoreOf(ids[i], labels[i]) });
    if (rows.length >= PROFILE_ROWS) break;
  }
  const frequency = new Map();
  for (const { text } of rows)
    for (const token of new Set(tokenise(text))) frequency.set(token, (frequency.get(token) ?? 0) + 1);
  const terms = [...frequency]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 100)
    .map(([term]) => term);
  const histogram = (edges) => ({ edges, counts: new Array(edges.length + 1).fill(0), designEffect: 1 });
  const empty = {
    formatVersion: 1,
    rows: rows.length,
    blockRows: 1000,
    classes: ["False", "True"],
    terms: { words: terms, documentFrequency: terms.map((term) => frequency.get(term)), designEffect: 1 },
    textLength: histogram([40, 60, 80, 100, 120, 140, 160, 200]),
    outOfVocabulary: histogram(steps(10)),
    score: histogram(steps(20)),
    labels: { predicted: [0, 0], actual: [0, 0], designEffect: 1 },
    calibration: [
      steps(11).map((x) => ({
        rows: 100,
        meanProbability: x - 0.05,
        positives: Math.round(100 * (x - 0.05)),
      })),
    ],
    quality: { rows: rows.length, metrics: { accuracy_score: 0.85 } },
  };
  const window = new DriftWindow(empty, terms, tokenise);
  for (const { text, score } of rows) {
    window.addPrediction(score > 0.5 ? 1 : 0, [1 - score, score]);
    window.addText(text);
  }
  const { textLength, outOfVocabulary, score, predicted, tokens } = window.counts;
  const counted = (empty_, counts) => ({ ...empty_, counts: [...counts] });
  const profile = {
    ...empty,
    tokens,
    textLength: counted(empty.textLength, textLength),
    outOfVocabulary: counted(empty.outOfVocabulary, outOfVocabulary),
    score: counted(empty.score, score),
    labels: { ...empty.labels, predicted: [...predicted] },
  };
  return { profile, terms };
}
