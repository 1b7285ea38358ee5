import { thresholdCurves } from "@colaml/trainer-worker/plots/curve-points";

const LABELS = [0, 1, 0, 1, 1, 0, 1, 0, 1, 1];
const SCORES = Float64Array.of(0.1, 0.4, 0.35, 0.8, 0.8, 0.4, 0.9, 0.2, 0.05, 0.6);
// scikit-learn: roc_curve(drop_intermediate=False), precision_recall_curve, average_precision_score.
const ROC = [
  [0, 0],
  [0, 1 / 6],
  [0, 0.5],
  [0, 2 / 3],
  [0.25, 5 / 6],
  [0.5, 5 / 6],
  [0.75, 5 / 6],
  [1, 5 / 6],
  [1, 1],
];
const PRECISION_RECALL = [
  [1 / 6, 1],
  [0.5, 1],
  [2 / 3, 1],
  [5 / 6, 0.8333333333333334],
  [5 / 6, 0.7142857142857143],
  [5 / 6, 0.625],
  [5 / 6, 0.5555555555555556],
  [1, 0.6],
];

describe("the threshold curves", () => {
  it("are scikit-learn's, ties and all", () => {
    const curves = thresholdCurves(SCORES, LABELS)!;
    const close = (points: { x: number; y: number }[], expected: number[][]) => {
      expect(points).toHaveLength(expected.length);
      points.forEach(({ x, y }, i) => {
        expect(x).toBeCloseTo(expected[i]![0]!, 12);
        expect(y).toBeCloseTo(expected[i]![1]!, 12);
      });
    };
    close(curves.roc, ROC);
    close(curves.precisionRecall, PRECISION_RECALL);
    expect(curves.averagePrecision).toBeCloseTo(0.9055555555555556, 12);
  });

  it("are absent if the rows are of one class", () => {
    expect(thresholdCurves(Float64Array.of(0.1, 0.9), [1, 1])).toBeUndefined();
    expect(thresholdCurves(Float64Array.of(0.1, 0.9), [0, 0])).toBeUndefined();
  });
});
