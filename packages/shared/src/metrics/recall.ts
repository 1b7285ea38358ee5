import { type CountMetric, weightedShare } from "./metric";

/** scikit-learn's `recall_score`: of class 1 of two, of more the mean weighted by the classes' rows. */
export const recall = {
  of: "counts",
  title: "recall",
  monitored: true,
  decides: false,
  lacks: "rows",
  share: (counts) => {
    const { actual, correct } = counts;
    if (actual.length === 2) return { successes: correct[1]!, n: actual[1]! };
    return weightedShare(counts, (k) => (actual[k]! > 0 ? correct[k]! / actual[k]! : 0));
  },
} as const satisfies CountMetric;
