import { averagePrecision } from "@colaml/shared/learning/model/average-precision";
import { classificationMetrics } from "@colaml/shared/learning/model/metrics";

// Values of scikit-learn 1.9.1, average_precision_score; by hand: the sum of precision times gained recall.
describe("average precision", () => {
  it("is that of scikit-learn's documentation", () => {
    const scores = Float64Array.from([0.1, 0.4, 0.35, 0.8]);
    expect(averagePrecision(scores, Uint8Array.from([0, 0, 1, 1]))).toBeCloseTo(0.8333333333333333, 12);
  });

  it("takes equal scores as one threshold, whatever their order", () => {
    // one threshold at 0.5 holds all three: precision 2/3, recall from 0 to 1
    expect(averagePrecision(Float64Array.from([0.5, 0.5, 0.5]), Uint8Array.from([1, 0, 1]))).toBeCloseTo(
      2 / 3,
      12,
    );
    expect(averagePrecision(Float64Array.from([0.5, 0.5, 0.5]), Uint8Array.from([0, 1, 1]))).toBeCloseTo(
      2 / 3,
      12,
    );
  });

  it("is absent without a positive row", () => {
    expect(averagePrecision(Float64Array.from([0.5]), Uint8Array.from([0]))).toBeUndefined();
  });

  it("of more classes is weighted by their rows", () => {
    const scored = {
      classes: ["a", "b", "c"],
      labels: [0, 0, 1, 2],
      probabilities: Float64Array.from([0.6, 0.2, 0.2, 0.3, 0.5, 0.2, 0.4, 0.4, 0.2, 0.1, 0.1, 0.8]),
    };
    // a: order 0.6+ 0.4- 0.3+ 0.1-: (1 + 2/3) / 2; b: 0.5- 0.4+: 1/2; c: 1
    expect(classificationMetrics(scored).average_precision).toBeCloseTo((2 * (5 / 6) + 0.5 + 1) / 4, 12);
  });
});
