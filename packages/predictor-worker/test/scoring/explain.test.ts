import { joinPrediction } from "@colaml/predictor-worker/scoring/output-columns";
import type { ChunkPlan } from "@colaml/shared/contracts/predict-chunk";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import { createExplain } from "@colaml/shared/learning/model/explain";
import { createExplainer } from "@colaml/shared/learning/model/explainer";
import type { LinearEnsemble } from "@colaml/shared/learning/model/linear-ensemble";
import { exampleBundle, withForest, withWeights } from "./example-model";

const TEXTS = ["thank you very much", "please help me now", "thank you", "never again please", "help"];
const TERMS = ["again", "help", "much", "now", "please", "thank", "thank you", "you"];
const bundle = withForest(exampleBundle(TERMS, { ngram_range: [1, 2], stop_words: "none" }), TEXTS, {
  trees: 12,
  depth: 4,
});
const classifier = createClassifier(bundle);
const explain = createExplain(bundle, classifier);

describe("an explanation", () => {
  it.each([...TEXTS, "nothing that is known"])(
    "of %j adds up to the margin, absent terms in one entry",
    (text) => {
      const found = explain(text, 1, TERMS.length);
      const present = found.filter(({ absent }) => !absent);
      const rest = found.filter(({ absent }) => absent);
      expect(rest.length).toBeLessThanOrEqual(1);
      expect(found.at(-1)).toBe(rest[0] ?? present.at(-1));
      for (const { term } of present) expect(text).toContain(term);
      const [all] = createExplainer(bundle.ensemble)(classifier.features(text));
      const probabilities = new Float64Array(2);
      classifier.predict(text, probabilities);
      const margin = Math.log(probabilities[1]! / probabilities[0]!);
      const sum = found.reduce((total, { contribution }) => total + contribution, all!.bias);
      expect(sum).toBeCloseTo(margin, 4);
    },
  );

  it("by a linear model is each word's weight times its value, with no entry for absent terms", () => {
    const linear = withWeights(bundle, 3);
    const { nGroups, weights } = linear.ensemble as LinearEnsemble;
    const scorer = createClassifier(linear);
    for (const label of [0, 1, 2]) {
      const row = scorer.features("please help me now");
      const expected = Array.from(row.indices, (feature, i) => ({
        term: TERMS[feature]!,
        contribution: weights[feature * nGroups + label]! * Math.fround(row.values[i]!),
      })).sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
      expect(createExplain(linear, scorer)("please help me now", label, TERMS.length)).toEqual(expected);
    }
  });

  it("turns its signs, that of the absent terms too, for the other label", () => {
    const [one, other] = [explain("thank you", 1, 8), explain("thank you", 0, 8)];
    expect(other).toEqual(one.map((entry) => ({ ...entry, contribution: -entry.contribution })));
    expect(one.at(-1)).toMatchObject({ term: "(absent)", absent: true });
  });

  it("says which terms are n-grams of characters", () => {
    const terms = ["help", " h", "lp"];
    const features = {
      analyzer: ["word", "char_wb"] as ("word" | "char_wb")[],
      char_ngram_range: [2, 2] as [number, number],
    };
    const union = { ...exampleBundle(terms, features), partSizes: [1, 2] };
    const model = withForest(union, ["help", "h", "lp"], { trees: 40, depth: 3 });
    const found = createExplain(model, createClassifier(model))("help", 1, 3).filter(({ absent }) => !absent);
    expect(found.map(({ term, analyzer }) => [term, analyzer]).sort()).toEqual([
      [" h", "char_wb"],
      ["help", undefined],
      ["lp", "char_wb"],
    ]);
  });

  it("quotes phrases and n-grams of characters in its text form", () => {
    const output: ChunkPlan["output"] = {
      format: "tsv",
      compression: "none",
      passThrough: [],
      explain: 3,
      spreadsheetSafe: false,
    };
    const explanation = [
      { term: "thank you", contribution: 0.5 },
      { term: "help", contribution: -0.25 },
      { term: " th", analyzer: "char_wb" as const, contribution: 0.03 },
      { term: "(absent)", contribution: 0.125, absent: true as const },
    ];
    const part = joinPrediction(output, "3", { label: "True", probabilities: [0.25, 0.75], explanation });
    const cell = part.split("\t").at(-1)!;
    expect(cell.replaceAll('""', '"')).toContain(
      '"thank you":+0.5000 help:-0.2500 char_wb" th":+0.0300 (absent):+0.1250',
    );
  });
});
