import { type CountMetric, weightedShare } from "./metric";

/** scikit-learn's `precision_score`: of class 1 of two, of more the mean weighted by the classes' rows. */
export const precision = {
  of: "counts",
  title: "precision",
  monitored: true,
  decides: false,
  lacks: "predictions",
  share: (counts) => {
    const { predicted, correct } = counts;
    if (predicted.length === 2) return { successes: correct[1]!, n: predicted[1]! };
    return weightedShare(counts, (k) => (predicted[k]! > 0 ? correct[k]! / predicted[k]! : 0));
  },
} as const satisfies CountMetric;
