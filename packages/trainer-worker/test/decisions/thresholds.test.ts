import { seededRandom } from "@colaml/shared/learning/data/seeded-random";
import { createDecider } from "@colaml/shared/learning/model/decision-rule";
import { predictedClasses } from "@colaml/shared/learning/model/predicted-class";
import { decisionSchema } from "@colaml/shared/settings/decision-settings";
import { chooseCut, coverageCurve } from "@colaml/trainer-worker/decisions/abstention";
import { chooseThresholds } from "@colaml/trainer-worker/decisions/choose-thresholds";
import { costTable } from "@colaml/trainer-worker/decisions/cost-table";
import { decisionMetrics } from "@colaml/trainer-worker/decisions/decision-metrics";
import { ascendThresholds, macroF1Tally } from "@colaml/trainer-worker/decisions/threshold-ascent";
import { binaryRows, classRows, FIXTURE, noTurn } from "./fixture";

const { binary, classes } = FIXTURE;
const TWO = ["no", "yes"];
const THREE = ["a", "b", "c"];
const COSTS = { no: { yes: 1 }, yes: { no: 5 } };

function decisionsOf(rows: ReturnType<typeof binaryRows>, names: string[], thresholds: number[]) {
  const decider = createDecider({ thresholds, abstainWord: "abstain" }, names);
  const labels = predictedClasses(rows.probabilities, names.length);
  return Array.from(labels, (label, row) => decider.decide(rows.probabilities, label, row * names.length));
}

describe("the threshold of two classes", () => {
  it.each([
    ["f1", { decide: "f1" }],
    ["precision", { min_precision: 0.8 }],
    ["recall", { min_recall: 0.9 }],
    ["cost", { cost_matrix: COSTS }],
  ] as const)("is the best by scikit-learn's curves: %s", async (name, wish) => {
    const rows = binaryRows();
    const costs = "cost_matrix" in wish ? costTable(COSTS, TWO) : undefined;
    const chosen = await chooseThresholds(decisionSchema.parse(wish), rows, TWO, costs, 42, noTurn);
    const expected = binary.thresholds[name];
    const [threshold] = chosen!.thresholds!;
    // halfway to the next score below: the rows above are those at or above scikit-learn's
    expect(threshold).toBeLessThan(expected.least);
    expect(binary.scores.some((p) => p > threshold! && p < expected.least)).toBe(false);
    const metrics = decisionMetrics(rows.classOf, decisionsOf(rows, TWO, [threshold!]), TWO, costs);
    expect(metrics.precision).toBeCloseTo(expected.precision, 12);
    expect(metrics.recall).toBeCloseTo(expected.recall, 12);
    expect(metrics.f1).toBeCloseTo(expected.f1, 12);
    if (name === "cost") expect(metrics.mean_cost).toBeCloseTo(binary.thresholds.cost.mean, 12);
    expect(chosen!.notes).toEqual([]);
  });

  it("is the nearest to a precision that cannot be had, with a note", async () => {
    const rows = {
      classOf: Uint16Array.of(0, 1, 0, 0),
      probabilities: Float64Array.of(0.1, 0.9, 0.2, 0.8, 0.6, 0.4, 0.7, 0.3),
    };
    const chosen = await chooseThresholds(
      decisionSchema.parse({ min_precision: 0.9 }),
      rows,
      TWO,
      undefined,
      42,
      noTurn,
    );
    expect(chosen!.thresholds![0]).toBeCloseTo(0.6, 12);
    expect(chosen!.notes).toEqual([
      'a precision of 0.9 is not reached for class "yes" on the validation rows: the highest, 0.5000, was taken',
    ]);
  });

  it("is not picked where nobody wishes for one", async () => {
    const settings = decisionSchema.parse({ abstain_below: 0.7 });
    expect(await chooseThresholds(settings, binaryRows(), TWO, undefined, 42, noTurn)).toBeUndefined();
  });
});

describe("thresholds of more classes", () => {
  it("decide by the highest probability divided by threshold, with scikit-learn's scores", () => {
    const { decided } = classes;
    const rows = classRows();
    const decisions = decisionsOf(rows, THREE, decided.thresholds);
    expect(decisions).toEqual(decided.labels);
    const metrics = decisionMetrics(rows.classOf, decisions, THREE);
    for (const name of ["precision", "recall", "f1", "macro_f1"] as const)
      expect(metrics[name]).toBeCloseTo(decided[name], 12);
  });

  it("reach a macro F1 on the validation rows that the label does not", async () => {
    const thresholds = await ascendThresholds(classRows(), 3, macroF1Tally(3), noTurn);
    const { macro_f1 } = decisionMetrics(
      classRows().classOf,
      decisionsOf(classRows(), THREE, thresholds),
      THREE,
    );
    expect(macro_f1).toBeGreaterThan(classes.decided.argmax_macro_f1);
    expect(thresholds.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  });

  it("make up for a model that underrates a class", async () => {
    const { classOf, probabilities } = classRows();
    const underrated = probabilities.map((p, i) => (i % 3 === 0 ? p / 20 : p));
    const rows = { classOf, probabilities: underrated };
    const settings = decisionSchema.parse({ decide: "f1" });
    const chosen = await chooseThresholds(settings, rows, THREE, undefined, 42, noTurn);
    const of = (decisions: ArrayLike<number>) => decisionMetrics(classOf, decisions, THREE).macro_f1!;
    expect(of(predictedClasses(underrated, 3))).toBeLessThan(classes.decided.argmax_macro_f1 - 0.05);
    expect(of(decisionsOf(rows, THREE, chosen!.thresholds!))).toBeGreaterThan(
      classes.decided.argmax_macro_f1 - 0.005,
    );
  });

  it("cost less than the label does, by a cost matrix", async () => {
    const rows = classRows();
    const costs = costTable({ a: { b: 10, c: 10 } }, THREE);
    const chosen = await chooseThresholds(decisionSchema.parse({}), rows, THREE, costs, 42, noTurn);
    const of = (decisions: ArrayLike<number>) =>
      decisionMetrics(rows.classOf, decisions, THREE, costs).mean_cost!;
    const label = of(predictedClasses(rows.probabilities, 3));
    expect(of(decisionsOf(rows, THREE, chosen!.thresholds!))).toBeLessThan(label);
  });

  it("are of each class against the rest for a wished recall", async () => {
    const rows = classRows();
    const chosen = await chooseThresholds(
      decisionSchema.parse({ min_recall: 0.9 }),
      rows,
      THREE,
      undefined,
      42,
      noTurn,
    );
    const [a] = chosen!.thresholds!;
    const ofA = classes.probabilities.filter((_, row) => classes.labels[row] === 0);
    const found = ofA.filter(([p]) => p! > a!).length / ofA.length;
    expect(found).toBeGreaterThanOrEqual(0.9);
  });
});

describe("a cost matrix", () => {
  it("costs 0 on the diagonal and 1 beside it if it says nothing else", () => {
    expect(costTable(COSTS, TWO)).toEqual([
      [0, 1],
      [5, 0],
    ]);
  });

  it("is refused with a class that the data lacks, with the classes there are", () => {
    expect(() => costTable({ yes: { maybe: 3 } }, TWO)).toThrow(/"maybe".*its classes are no, yes/);
  });
});

describe("abstaining", () => {
  const rows = classRows();
  const labels = predictedClasses(rows.probabilities, 3);
  const confidences = Float64Array.from(labels, (label, row) => rows.probabilities[row * 3 + label]!);
  const curve = coverageCurve(
    confidences,
    Uint8Array.from(labels, (label, row) => (label === rows.classOf[row] ? 1 : 0)),
  );

  it("has numpy's accuracy at each coverage", () => {
    const { confidence, coverage, accuracy } = classes.coverage;
    expect(curve).toHaveLength(confidence.length);
    for (const [i, point] of curve.entries()) {
      expect(point.confidence).toBe(confidence[i]);
      expect(point.coverage).toBeCloseTo(coverage[i]!, 12);
      expect(point.accuracy).toBeCloseTo(accuracy[i]!, 12);
    }
  });

  it("leaves out as few rows as a wished accuracy allows", () => {
    const cut = chooseCut(decisionSchema.parse({ abstain_accuracy: 0.7 }), curve)!.abstainBelow!;
    const decided = Array.from(confidences.keys()).filter((row) => confidences[row]! >= cut);
    const right = decided.filter((row) => labels[row] === rows.classOf[row]).length;
    expect(right / decided.length).toBeGreaterThanOrEqual(0.7);
    const less = curve.filter(({ coverage }) => coverage > decided.length / labels.length);
    expect(less.every(({ accuracy }) => accuracy < 0.7)).toBe(true);
  });

  it("keeps a wished share of the rows", () => {
    const cut = chooseCut(decisionSchema.parse({ abstain_coverage: 0.6 }), curve)!.abstainBelow!;
    const decided = confidences.filter((confidence) => confidence >= cut).length;
    expect(decided).toBe(Math.ceil(0.6 * confidences.length));
  });

  it("takes the highest accuracy there is, with a note, where the wish cannot be had", () => {
    const hopeless = coverageCurve(Float64Array.of(0.9, 0.8, 0.7), [0, 1, 0]);
    const cut = chooseCut(decisionSchema.parse({ abstain_accuracy: 0.9 }), hopeless)!;
    expect(cut.abstainBelow).toBeCloseTo(0.75, 12);
    expect(cut.note).toMatch(/0.9 is not reached.*0\.5000/);
  });

  it("counts a row abstained on against recall and coverage, not against precision", () => {
    const metrics = decisionMetrics([1, 1, 1, 0], [1, 2, 0, 0], TWO);
    expect(metrics).toMatchObject({ rows: 4, decided: 3, coverage: 0.75, precision: 1 });
    expect(metrics.accuracy).toBeCloseTo(2 / 3, 12);
    expect(metrics.recall).toBeCloseTo(1 / 3, 12);
  });
});

describe("the settings of decisions", () => {
  it.each([
    { decide: "f1", min_recall: 0.9 },
    { abstain_below: 0.5, abstain_coverage: 0.9 },
  ])("are refused if two of them pick the same value: %j", (settings) => {
    expect(decisionSchema.safeParse(settings).error!.issues[0]!.message).toMatch(/^give one of/);
  });

  it("take no word that a table would have to quote", () => {
    expect(decisionSchema.safeParse({ abstain_word: "don't know, sorry" }).success).toBe(false);
    expect(decisionSchema.parse({ abstain_word: "abstención" }).abstain_word).toBe("abstención");
  });
});

it("thresholds of many classes that would only fit chance are left out, with a note", async () => {
  const n = 400;
  const nClasses = 20;
  const random = seededRandom(3);
  const rows = { classOf: new Uint16Array(n), probabilities: new Float64Array(n * nClasses) };
  for (let row = 0; row < n; row++) {
    rows.classOf[row] = row % nClasses;
    const scores = Array.from({ length: nClasses }, (_, k) =>
      Math.exp(4 * random() + (k === row % nClasses ? 2 : 0)),
    );
    const sum = scores.reduce((a, b) => a + b);
    rows.probabilities.set(
      scores.map((score) => score / sum),
      row * nClasses,
    );
  }
  const names = Array.from({ length: nClasses }, (_, k) => `class ${k}`);
  const chosen = await chooseThresholds(
    decisionSchema.parse({ decide: "f1" }),
    rows,
    names,
    undefined,
    42,
    noTurn,
  );
  expect(chosen!.thresholds).toBeUndefined();
  expect(chosen!.notes).toEqual([expect.stringMatching(/^no thresholds are better than the label/)]);
});
