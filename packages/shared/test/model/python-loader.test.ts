import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TfidfSettings } from "@colaml/shared/jobs/train";
import { bundleToFiles } from "@colaml/shared/model/bundle-files";
import { createClassifier } from "@colaml/shared/model/classifier";
import { pythonLoaderSource } from "@colaml/shared/model/python-loader";
import { parse } from "csv-parse/sync";
import { exampleBundle, exampleTexts } from "./bundle-example";

const ROOT = resolve(__dirname, "../../../..");
const PYTHON = process.env["COLAML_PYTHON"] ?? join(ROOT, ".colaml/python/bin/python");
const REAL_DATA = process.env["COLAML_TEST_DATA"] ?? join(ROOT, "../shared/data/twcs-5k.csv");
const withPython = existsSync(PYTHON) ? describe : describe.skip;

/** Runs the loader as mlflow does: the module from `code/`, then `_load_pyfunc(data)`. */
const SCRIPT = `
import json, sys
sys.path.insert(0, sys.argv[1])
import pandas as pd
import colaml_model
model = colaml_model._load_pyfunc(sys.argv[1])
texts = json.load(open(sys.argv[1] + "/texts.json"))
frame = model.predict(pd.DataFrame({"other": 1, "text": texts}))
from_list = model.predict(texts)
assert from_list.equals(frame), "a list of texts is predicted as a frame of them"
frame.to_json(sys.argv[1] + "/predicted.json", orient="split", double_precision=15)
try:
    model.predict(pd.DataFrame({"text": ["fine", None]}))
except ValueError as error:
    print(error)
try:
    model.predict(["fine", 3])
except ValueError as error:
    print(error)
try:
    model.predict(pd.DataFrame({"a": ["x"], "b": ["y"]}))
except ValueError as error:
    print(error)
print(len(model.predict(pd.DataFrame({"text": ["x", "y"]}, index=[7, 9])).loc[9]))
`;

async function compare(settings: Partial<TfidfSettings>, classes: string[], texts: string[]): Promise<void> {
  const bundle = await exampleBundle(settings, classes);
  const folder = mkdtempSync(join(tmpdir(), "colaml-loader-"));
  try {
    for (const [name, bytes] of bundleToFiles(bundle)) writeFileSync(join(folder, name), bytes);
    writeFileSync(join(folder, "colaml_model.py"), pythonLoaderSource());
    writeFileSync(join(folder, "texts.json"), JSON.stringify(texts));
    const run = spawnSync(PYTHON, ["-c", SCRIPT, folder], { encoding: "utf8" });
    expect(run.stderr).toBe("");
    expect(run.stdout.split("\n")).toEqual([
      "row 1 has no text",
      "row 1: a text must be a str, not int",
      "there is no column 'text': columns are a, b",
      String(1 + classes.length),
      "",
    ]);
    const predicted = JSON.parse(readFileSync(join(folder, "predicted.json"), "utf8"));
    expect(predicted.columns).toEqual(["label", ...classes.map((name) => `probability_${name}`)]);
    expect(predicted.data.length).toBe(texts.length);
    const classifier = createClassifier(bundle);
    const out = new Float64Array(classes.length);
    let difference = 0;
    const labels = texts.map((text, row) => {
      const label = classes[classifier.predict(text, out)];
      for (const [k, p] of out.entries())
        difference = Math.max(difference, Math.abs(p - predicted.data[row][k + 1]));
      return label;
    });
    expect(predicted.data.map((row: unknown[]) => row[0])).toEqual(labels);
    expect(difference).toBeLessThan(1e-6);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

withPython("Python's loader gives our labels and probabilities", () => {
  const settings: [string, Partial<TfidfSettings>, string[]][] = [
    ["the default settings", {}, ["False", "True"]],
    ["three classes", {}, ["a", "__proto__", "c"]],
    ["n-grams without stop words", { ngram_range: [1, 2], stop_words: "none" }, ["a", "b"]],
    ["n-grams over stop words", { ngram_range: [2, 3], stop_words: "english" }, ["a", "b"]],
    ["a list of stop words, l1", { stop_words: ["late", "works"], norm: "l1" }, ["a", "b"]],
    [
      "sublinear counts, no norm, case kept",
      { sublinear_tf: true, norm: "none", lowercase: false },
      ["a", "b"],
    ],
    ["another token pattern", { token_pattern: "[a-z]{4,}" }, ["a", "b"]],
  ];
  it.each(settings)("with %s", async (_, features, classes) => {
    await compare(features, classes, exampleTexts());
  });

  (existsSync(REAL_DATA) ? it : it.skip)("on every tweet of the real data", async () => {
    const rows: Record<string, string>[] = parse(readFileSync(REAL_DATA), {
      columns: true,
      relax_column_count: true,
      relax_quotes: true,
    });
    const texts = rows.map((row) => row["text"] ?? "").filter((text) => text !== "");
    expect(texts.length).toBeGreaterThan(4_900);
    await compare({ stop_words: "none" }, ["False", "True"], texts);
  });

  it("and refuses a damaged file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "colaml-loader-"));
    for (const [name, bytes] of bundleToFiles(await exampleBundle({}, ["a", "b"])))
      writeFileSync(
        join(folder, name),
        name === "bundle.json" ? Buffer.concat([bytes, Buffer.from(" ")]) : bytes,
      );
    writeFileSync(join(folder, "colaml_model.py"), pythonLoaderSource());
    const run = spawnSync(PYTHON, ["-c", SCRIPT.split("texts =")[0]!, folder], { encoding: "utf8" });
    rmSync(folder, { recursive: true });
    expect(run.stderr).toMatch(/bundle\.json is damaged/);
  });
});
