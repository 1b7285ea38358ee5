import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AGENT, CUSTOMER } from "@colaml/shared/learning/data/synthetic-phrases";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { oracle } from "../../packages/predictor-worker/test/predictor-bench";

/** The file that models are trained on, within the data folder. */
export const TRAINING_FILE = "training.csv";
const TRAINING_ROWS = 800;
/** Rows that a check is made of. */
export const CHECKED_ROWS = 300;
const TEXTS = 60;

/** Inputs of jobs, and what one pass in this process says of them. */
export interface World {
  inputs: { path: string; expected: { text: string; rows: number; rejected: number } }[];
  /** Texts and their labels. */
  texts: { text: string; label: string }[];
  /** Rows with the model's own labels, and with the others. */
  right: string;
  wrong: string;
}

export async function writeTrainingFile(data: string): Promise<void> {
  await writeSyntheticTweets(join(data, TRAINING_FILE), TRAINING_ROWS, 3);
}

/** @param bundle version 1 of the model, which all jobs name */
export async function writeWorld(data: string, bundle: ModelBundle, rows: readonly number[]): Promise<World> {
  const inputs: World["inputs"] = [];
  for (const [i, count] of rows.entries()) {
    const path = `tweets-${i}.csv`;
    await writeSyntheticTweets(join(data, path), count, 100 + i);
    inputs.push({ path, expected: await oracle(join(data, path), bundle, "1") });
  }
  const texts = labelledTexts(bundle);
  const [yes, no] = bundle.classes as [string, string];
  const other = (label: string) => (label === yes ? no : yes);
  const write = (path: string, labelOf: (label: string) => string) => {
    const lines = texts.map(({ text, label }, i) => `${i},${labelOf(label)},"${text}"`);
    writeFileSync(join(data, path), `tweet_id,inbound,text\n${lines.join("\n")}\n`);
    return path;
  };
  return {
    inputs,
    texts: texts.slice(0, TEXTS),
    right: write("right.csv", (label) => label),
    wrong: write("wrong.csv", other),
  };
}

/** Different texts with what the model says of them. */
function labelledTexts(bundle: ModelBundle): World["texts"] {
  const classifier = createClassifier(bundle);
  const out = new Float64Array(bundle.classes.length);
  return Array.from({ length: CHECKED_ROWS }, (_, i) => {
    const words = [CUSTOMER[i % CUSTOMER.length]!, AGENT[(i * 7) % AGENT.length]!];
    const text = [...words, String(i)].join(" ").replaceAll('"', "");
    return { text, label: bundle.classes[classifier.predict(text, out)]! };
  });
}
