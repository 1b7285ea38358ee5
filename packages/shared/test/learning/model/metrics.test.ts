import { confusionMatrix } from "@colaml/shared/learning/model/confusion-matrix";
import { classificationMetrics } from "@colaml/shared/learning/model/metrics";
import { predictedClasses } from "@colaml/shared/learning/model/predicted-class";
import { readFixture } from "./model-fixture";

interface MetricCase {
  name: string;
  average: "binary" | "weighted" | "macro";
  labels: number[];
  probabilities: number[];
  nClasses: number;
  expected: Record<string, number>;
  confusion: number[];
}

const { cases } = readFixture<{ cases: MetricCase[] }>("metrics");
const scoredOf = ({ nClasses, labels, probabilities }: MetricCase) => ({
  classes: Array.from({ length: nClasses }, (_, k) => `class ${k}`),
  labels,
  probabilities: Float64Array.from(probabilities),
});

/** What scikit-learn has with `average="macro"` is another metric here, or none: only its F1 is one of ours. */
function expectedOf({ average, expected }: MetricCase): Record<string, number> {
  if (average !== "macro") return expected;
  const { precision_score, recall_score, f1_score, roc_auc, ...same } = expected;
  return { ...same, macro_f1: f1_score! };
}

describe.each(cases.map((each) => [each.name, each] as const))("metrics of %s", (_, each) => {
  const scored = scoredOf(each);
  const { absent: _absent, ...metrics } = classificationMetrics(scored);

  it("equal scikit-learn's to 1e-9", () => {
    for (const [name, value] of Object.entries(expectedOf(each))) {
      expect([name, Math.abs(Reflect.get(metrics, name) - value) < 1e-9]).toEqual([name, true]);
    }
  });

  it("come from scikit-learn's confusion matrix", () => {
    const { counts } = confusionMatrix(
      each.labels,
      predictedClasses(scored.probabilities, each.nClasses),
      each.nClasses,
    );
    expect([...counts]).toEqual(each.confusion);
  });
});

const oursToo = cases.filter(({ average }) => average !== "macro");
it.each(oursToo.map((each) => [each.name, each] as const))(
  "metrics of %s are absent with a reason if scikit-learn has no value",
  (_, each) => {
    const { absent = {}, ...metrics } = classificationMetrics(scoredOf(each));
    const all = [
      "accuracy_score",
      "precision_score",
      "recall_score",
      "f1_score",
      "macro_f1",
      "roc_auc",
      "log_loss",
      "average_precision",
    ];
    const missing = all.filter((name) => !(name in each.expected)).sort();
    expect(Object.keys(absent).sort()).toEqual(missing);
    expect(Object.keys(metrics).sort()).toEqual(Object.keys(each.expected).sort());
    for (const reason of Object.values(absent)) expect(reason).toMatch(/row/);
  },
);

it("has no metric of no rows", () => {
  const { absent, ...metrics } = classificationMetrics({
    classes: ["a", "b"],
    labels: [],
    probabilities: new Float64Array(0),
  });
  expect(metrics).toEqual({});
  expect(Object.keys(absent ?? {})).toContain("roc_auc");
});
