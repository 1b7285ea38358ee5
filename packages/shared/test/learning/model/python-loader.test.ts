import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { bundleToFiles } from "@colaml/shared/learning/model/bundle-files";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import { formatVersionOf, type ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { pythonLoaderSource } from "@colaml/shared/learning/model/python-loader";
import type { TfidfSettings } from "@colaml/shared/settings/features-settings";
import { parse } from "csv-parse/sync";
import { realDataPath } from "../../real-data";
import { exampleBundle, exampleTexts } from "./bundle-example";

const ROOT = resolve(__dirname, "../../../../..");
const PYTHON = process.env["COLAML_PYTHON"] ?? join(ROOT, ".colaml/python/bin/python");
const withPython = existsSync(PYTHON) ? describe : describe.skip;

/**
 * Runs the loader as mlflow does, the module from `code/` and then `_load_pyfunc(data)`: on each folder below the
 * first argument that has texts. One process for all: importing pandas takes longer than all the rest.
 */
const SCRIPT = `
import decimal, json, os, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
import pandas as pd
import colaml_model

def refusal(model, value):
    try:
        model.predict(value)
    except ValueError as error:
        return str(error)

for name in os.listdir(sys.argv[1]):
    folder = os.path.join(sys.argv[1], name)
    if not os.path.exists(folder + "/texts.json"):
        continue
    model = colaml_model._load_pyfunc(folder)
    texts = json.load(open(folder + "/texts.json"))
    frame = model.predict(pd.DataFrame({"other": 1, "text": texts}))
    assert model.predict(texts).equals(frame), "a list of texts is predicted as a frame of them"
    frame.to_json(folder + "/predicted.json", orient="split", double_precision=15)

cells = [3, 3.0, -0.25, True, np.int64(7), np.float64(2.5), decimal.Decimal("1.50")]
as_texts = ["3", "3.0", "-0.25", "true", "7", "2.5", "1.50"]
print(model._texts(cells)[0] == as_texts and model.predict(cells).equals(model.predict(as_texts)))
print(refusal(model, ["fine", b"bytes"]))
print(refusal(model, pd.DataFrame({"a": ["x"], "b": ["y"]})))
print(list(model.predict(pd.DataFrame({"text": ["x", "y"]}, index=[7, 9])).index))
print(len(model.predict(pd.DataFrame({"text": []}))))
several = colaml_model._load_pyfunc(sys.argv[1] + "/several columns")
rows = {"body": ["is late", None, np.nan, "works", " "], "subject": ["the flight", "My order", None, pd.NA, "battery"]}
joined = several.predict(["the flight\\nis late", "My order\\n", None, "\\nworks", "battery\\n"])
print(several.predict(pd.DataFrame(rows)).equals(joined), several.predict(rows).equals(joined))
print(several.predict([dict(zip(rows, cells)) for cells in zip(*rows.values())]).equals(joined))
print(refusal(several, pd.DataFrame({"subject": ["x"], "b": ["y"]})))
try:
    colaml_model._load_pyfunc(sys.argv[1] + "/damaged")
except ValueError as error:
    print(error)
`;

interface LoaderCase {
  booster?: "gblinear";
  features: Partial<TfidfSettings>;
  classes: string[];
  texts: string[];
  /** What the model answers beyond its ensemble. */
  more?: Pick<ModelBundle, "calibration" | "decision">;
}

function realTexts(): string[] {
  const rows: Record<string, string>[] = parse(readFileSync(realDataPath!), {
    columns: true,
    relax_column_count: true,
    relax_quotes: true,
  });
  return rows.map((row) => row["text"] ?? "").filter((text) => text !== "");
}

const texts = exampleTexts();
const two = ["a", "b"];
const CASES = new Map<string, LoaderCase>([
  ["default settings", { features: {}, classes: ["False", "True"], texts }],
  ["three classes", { features: {}, classes: ["a", "__proto__", "c"], texts }],
  ["n-grams", { features: { ngram_range: [1, 2], stop_words: "none" }, classes: two, texts }],
  [
    "n-grams over stop words",
    { features: { ngram_range: [2, 3], stop_words: "english" }, classes: two, texts },
  ],
  ["own stop words, l1", { features: { stop_words: ["late", "works"], norm: "l1" }, classes: two, texts }],
  [
    "sublinear counts, no norm, case kept",
    { features: { sublinear_tf: true, norm: "none", lowercase: false }, classes: two, texts },
  ],
  [
    "characters",
    { features: { analyzer: "char", ngram_range: [1, 3], max_features: 900 }, classes: two, texts },
  ],
  [
    "characters within words, accents off",
    {
      features: { analyzer: "char_wb", ngram_range: [2, 4], max_features: 900, strip_accents: "unicode" },
      classes: two,
      texts,
    },
  ],
  [
    "words and characters, ASCII only",
    {
      features: { analyzer: ["word", "char"], strip_accents: "ascii", ngram_range: [1, 2] },
      classes: two,
      texts,
    },
  ],
  [
    "words and characters, sublinear counts",
    { features: { analyzer: ["char_wb", "word"], sublinear_tf: true }, classes: ["a", "b", "c"], texts },
  ],
  ["another token pattern", { features: { token_pattern: "[a-z]{4,}" }, classes: two, texts }],
]);
const word = { abstainWord: "abstain" };
CASES.set("a sigmoid calibration and a threshold", {
  features: {},
  classes: two,
  texts,
  more: {
    calibration: { method: "sigmoid", maps: [{ slope: 0.6, intercept: -0.3 }] },
    decision: { ...word, thresholds: [0.3] },
  },
});
CASES.set("an isotonic calibration that abstains", {
  features: {},
  classes: two,
  texts,
  more: {
    calibration: { method: "isotonic", maps: [{ x: [0.2, 0.4, 0.75], y: [0.1, 0.45, 0.95] }] },
    decision: { ...word, abstainBelow: 0.7 },
  },
});
CASES.set("four classes, calibrated, with thresholds", {
  features: {},
  classes: ["a", "b", "c", "d"],
  texts,
  more: {
    calibration: {
      method: "sigmoid",
      maps: [0.5, 0.8, 1.1, 1.4].map((slope) => ({ slope, intercept: slope - 1 })),
    },
    decision: { ...word, thresholds: [0.6, 0.2, 0.1, 0.1], abstainBelow: 0.4 },
  },
});
CASES.set("a linear model", { features: {}, classes: ["False", "True"], texts, booster: "gblinear" });
CASES.set("a linear model of four classes, no norm", {
  features: { norm: "none", ngram_range: [1, 2], stop_words: "none" },
  classes: ["a", "__proto__", "c", "d"],
  texts,
  booster: "gblinear",
});
if (realDataPath) {
  CASES.set("every real tweet by a linear model", {
    features: { sublinear_tf: true },
    classes: ["a", "b", "c"],
    texts: realTexts(),
    booster: "gblinear",
  });
  CASES.set("every real tweet", { features: { stop_words: "none" }, classes: two, texts: realTexts() });
  const analyzer: TfidfSettings["analyzer"] = ["word", "char_wb"];
  const features = { analyzer, stop_words: "none" as const };
  CASES.set("every real tweet, by words and characters", { features, classes: two, texts: realTexts() });
}

withPython("Python's loader", () => {
  const bundles = new Map<string, ModelBundle>();
  let folder: string;
  let run: SpawnSyncReturns<string>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "colaml-loader-"));
    writeFileSync(join(folder, "colaml_model.py"), pythonLoaderSource());
    for (const [name, each] of CASES) {
      const trained = { ...(await exampleBundle(each.features, each.classes, each.booster)), ...each.more };
      const bundle = { ...trained, formatVersion: formatVersionOf(trained) };
      bundles.set(name, bundle);
      mkdirSync(join(folder, name));
      for (const [file, bytes] of bundleToFiles(bundle)) writeFileSync(join(folder, name, file), bytes);
      writeFileSync(join(folder, name, "texts.json"), JSON.stringify(each.texts));
    }
    const several = await exampleBundle({}, two);
    mkdirSync(join(folder, "several columns"));
    for (const [file, bytes] of bundleToFiles({
      ...several,
      columns: { ...several.columns, text: ["subject", "body"] },
    }))
      writeFileSync(join(folder, "several columns", file), bytes);
    cpSync(join(folder, "n-grams"), join(folder, "damaged"), { recursive: true });
    appendFileSync(join(folder, "damaged/bundle.json"), " ");
    rmSync(join(folder, "damaged/texts.json"));
    run = spawnSync(PYTHON, ["-c", SCRIPT, folder], { encoding: "utf8" });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([...CASES])("gives our labels and probabilities: %s", (name, each) => {
    const predicted = JSON.parse(readFileSync(join(folder, name, "predicted.json"), "utf8"));
    const { decider } = createClassifier(bundles.get(name)!);
    const before = decider ? ["label", "decision"] : ["label"];
    expect(predicted.columns).toEqual([...before, ...each.classes.map((label) => `probability_${label}`)]);
    const classifier = createClassifier(bundles.get(name)!);
    const out = new Float64Array(each.classes.length);
    let difference = 0;
    const decisions: (string | undefined)[] = [];
    const labels = each.texts.map((text, row) => {
      const index = classifier.predict(text, out);
      const label = each.classes[index];
      decisions.push(decider?.names[decider.decide(out, index)]);
      for (const [k, p] of out.entries()) {
        difference = Math.max(difference, Math.abs(p - predicted.data[row][k + before.length]));
      }
      return label;
    });
    expect(predicted.data.map((row: unknown[]) => row[0])).toEqual(labels);
    if (decider) {
      expect(predicted.data.map((row: unknown[]) => row[1])).toEqual(decisions);
      expect(new Set(decisions).size).toBeGreaterThan(1);
    }
    expect(new Set(predicted.data.map((row: unknown[]) => row[before.length])).size).toBeGreaterThan(1);
    expect(difference).toBeLessThan(1e-6);
  });

  it("reads a number as its text; joins several columns; says which row is not a text, which column is not there, and which file is damaged; keeps the index", () => {
    expect(run.stderr).toBe("");
    expect(run.stdout.split("\n")).toEqual([
      "True",
      "row 1: a text must be a str, not bytes",
      "there is no column 'text': columns are a, b",
      "[7, 9]",
      "0",
      "True True",
      "True",
      "there is no column 'body': columns are subject, b",
      expect.stringMatching(/bundle\.json is damaged/),
      "",
    ]);
  });
});
