import { ByteScorer } from "@colaml/predictor-worker/scoring/byte-scorer";
import { outputHeader } from "@colaml/predictor-worker/scoring/output-columns";
import { PlainScorer } from "@colaml/predictor-worker/scoring/plain-scorer";
import type { Calibration } from "@colaml/shared/learning/model/calibration";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import type { DecisionRule } from "@colaml/shared/learning/model/decision-rule";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { parse } from "csv-parse/sync";
import { exampleBundle, examplePlan, random, withForest } from "./example-model";

const TERMS = ["apple", "dm", "help", "late", "sorry", "straße", "thanks", "été"].sort();
const ORIGIN = { firstLine: 2, firstRow: 0 };
/** Most rows are plain; a dotted capital I and a text of two lines are scored as strings. */
const OTHERS = ["", "İ", '"help,\nlate"', "unknown"];

function texts(rows: number): string[] {
  const next = random(11);
  return Array.from({ length: rows }, (_, i) =>
    i % 17 === 0
      ? OTHERS[(i / 17) % OTHERS.length]!
      : Array.from({ length: 1 + (i % 5) }, () => TERMS[Math.floor(next() * TERMS.length)]).join(" "),
  );
}
const TEXTS = texts(600);
const RANGE = Buffer.from(TEXTS.map((text, i) => `${i},${text},z\n`).join(""));

function sigmoid(groups: number): Calibration {
  return {
    method: "sigmoid",
    maps: Array.from({ length: groups }, (_, k) => ({ slope: 0.7 + k / 3, intercept: k / 4 - 0.2 })),
  };
}

function isotonic(groups: number): Calibration {
  const maps = Array.from({ length: groups }, (_, k) => {
    const x = [0.1, 0.2 + k / 50, 0.3 + k / 40, 0.48, 0.55, 0.7].map((value) => Math.fround(value));
    return { x, y: [0, 0.05, 0.3, 0.3, 0.8 - k / 10, 1] };
  });
  return { method: "isotonic", maps };
}

function model(groups: number, more: { calibration?: Calibration; decision?: DecisionRule }): ModelBundle {
  const bundle = withForest(exampleBundle(TERMS), TEXTS.slice(0, 60), { trees: 24, depth: 5, groups });
  return { ...bundle, ...more, formatVersion: 3 };
}

const word = { abstainWord: "abstain" };
const CASES: [string, number, { calibration?: Calibration; decision?: DecisionRule }][] = [
  ["two classes, sigmoid", 1, { calibration: sigmoid(1) }],
  ["two classes, isotonic", 1, { calibration: isotonic(1) }],
  ["two classes, a threshold", 1, { decision: { ...word, thresholds: [0.53] } }],
  ["two classes, abstains only", 1, { decision: { abstainWord: "no sé", abstainBelow: 0.55 } }],
  [
    "two classes, everything",
    1,
    { calibration: isotonic(1), decision: { ...word, thresholds: [0.25], abstainBelow: 0.62 } },
  ],
  ["four classes, sigmoid", 4, { calibration: sigmoid(4) }],
  ["four classes, isotonic", 4, { calibration: isotonic(4) }],
  [
    "four classes, everything",
    4,
    {
      calibration: sigmoid(4),
      decision: { ...word, thresholds: [0.2, 0.3, 0.25, 0.9], abstainBelow: 0.3 },
    },
  ],
];

describe("a model that is calibrated or decides", () => {
  it.each(CASES)("scores by bytes as by strings: %s", (_name, groups, more) => {
    const bundle = model(groups, more);
    const classifier = createClassifier(bundle);
    const fast = ByteScorer.of(examplePlan(), bundle, classifier)!;
    const plain = new PlainScorer(examplePlan(), classifier);
    // the second range begins with counts of 0
    for (let round = 0; round < 2; round++) {
      const actual = fast.score(RANGE, ORIGIN);
      const expected = plain.score(RANGE, ORIGIN);
      expect(actual.output.toString()).toBe(expected.output.toString());
      expect({ ...actual, output: Buffer.from(actual.output) }).toEqual(expected);
    }
  });

  it("writes the decision behind the label, and counts it", () => {
    const decision = { ...word, thresholds: [0.53], abstainBelow: 0.51 };
    const bundle = model(1, { decision });
    const classifier = createClassifier(bundle);
    const { output, decisions } = ByteScorer.of(examplePlan(), bundle, classifier)!.score(RANGE, ORIGIN);
    const header = outputHeader(examplePlan().output, { classes: bundle.classes, decides: true });
    expect(header).toBe("id,label,decision,probability_False,probability_True,model_version\n");
    const rows = parse(header + output.toString(), { columns: true }) as Record<string, string>[];
    const expected = rows.map((row) => {
      const p = Number(row["probability_True"]);
      if (Math.max(p, 1 - p) < 0.51) return "abstain";
      return p > 0.53 ? "True" : "False";
    });
    expect(rows.map((row) => row["decision"])).toEqual(expected);
    expect(new Set(expected)).toEqual(new Set(["False", "True", "abstain"]));
    expect(decisions).toEqual(
      ["False", "True", "abstain"].map((name) => expected.filter((each) => each === name).length),
    );
    // the label stays what the probabilities say
    expect(rows.map((row) => row["label"])).toEqual(
      rows.map((row) => (Number(row["probability_True"]) > 0.5 ? "True" : "False")),
    );
  });

  it("writes the decision into NDJSON, too", () => {
    const bundle = model(1, { decision: { ...word, thresholds: [0.9] } });
    const plan = examplePlan({ output: { format: "ndjson" } });
    const scored = new PlainScorer(plan, createClassifier(bundle)).score(RANGE, ORIGIN);
    const [first] = scored.output.toString().split("\n");
    expect(Object.keys(JSON.parse(first!))).toEqual([
      "id",
      "label",
      "decision",
      "probability_False",
      "probability_True",
      "model_version",
    ]);
  });

  it("adds no column and no count to a model without a rule", () => {
    const bundle = model(1, { calibration: sigmoid(1) });
    const scored = ByteScorer.of(examplePlan(), bundle, createClassifier(bundle))!.score(RANGE, ORIGIN);
    expect("decisions" in scored).toBe(false);
    expect((parse(scored.output) as string[][])[0]).toHaveLength(5);
  });
});
