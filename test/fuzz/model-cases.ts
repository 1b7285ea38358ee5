import { createHash } from "node:crypto";
import { bundleToFiles } from "@colaml/shared/learning/model/bundle-files";
import { serialiseGoldenSample } from "@colaml/shared/learning/model/golden-sample";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import {
  exampleBundle,
  withForest,
  withWeights,
} from "../../packages/predictor-worker/test/scoring/example-model";

const TERMS = ["a", "apple", "help", "late", "été", "ñandú", "日本"].sort();
export const TEXTS = [
  "",
  "help",
  "apple HELP late",
  "été ñandú 日本 a a",
  "x y z \u0000 😀",
  "late ".repeat(50),
];

const words = exampleBundle(TERMS, { stop_words: "none" });
const forest = (groups: number) => withForest(words, TEXTS, { trees: groups, depth: 3, groups });

/** Small models of each kind: trees of two and three classes, linear ones, with calibration and decisions. */
export const MODELS: readonly ModelBundle[] = [
  forest(1),
  {
    ...forest(3),
    formatVersion: 3,
    calibration: { method: "sigmoid", maps: [0, 1, 2].map((i) => ({ slope: 1 + i, intercept: i / 4 })) },
    decision: { thresholds: [0.3, 0.4, 0.5], abstainBelow: 0.4, abstainWord: "abstain" },
  },
  {
    ...withWeights(words),
    formatVersion: 3,
    calibration: { method: "isotonic", maps: [{ x: [0.1, 0.5, 0.9], y: [0, 0.6, 1] }] },
  },
  withWeights(
    {
      ...exampleBundle([...TERMS, " a", "a ", "he", "el", "lp"]),
      features: { ...words.features, analyzer: ["word", "char_wb"], strip_accents: "unicode" },
      partSizes: [TERMS.length, 5],
    },
    3,
  ),
];

const golden = serialiseGoldenSample({ formatVersion: 1, texts: ["help"], probabilities: [[0.25, 0.75]] });

/** The files of each model. */
export const FILES: readonly ReadonlyMap<string, Uint8Array>[] = MODELS.map((bundle) =>
  bundleToFiles(bundle, new Map([["golden_sample.json", golden]])),
);

/** A file put in the place of another one, and into the manifest: as somebody would who knows how. */
export function relisted(
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  bytes: Uint8Array,
): Map<string, Uint8Array> {
  const manifest = JSON.parse(Buffer.from(files.get("manifest.json")!).toString()) as {
    files: { path: string; bytes: number; sha256: string }[];
  };
  const entry = manifest.files.find(({ path }) => path === name)!;
  entry.bytes = bytes.length;
  entry.sha256 = createHash("sha256").update(bytes).digest("hex");
  return new Map(files).set(name, bytes).set("manifest.json", Buffer.from(JSON.stringify(manifest)));
}
