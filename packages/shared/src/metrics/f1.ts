import type { ClassCounts } from "./class-counts";
import { type CountMetric, weightedShare } from "./metric";

/** F1 of one class; 0 if no row is, or was predicted to be, of it. */
export function f1OfClass({ actual, predicted, correct }: ClassCounts, k: number): number {
  const either = actual[k]! + predicted[k]!;
  return either > 0 ? (2 * correct[k]!) / either : 0;
}

/**
 * scikit-learn's `f1_score`: of class 1 of two, of more the mean weighted by the classes' rows. Of two classes it is
 * not a share itself but 2J / (1 + J) of one, the Jaccard index J = TP / (TP + FP + FN), whose rows are given.
 */
export const f1 = {
  of: "counts",
  title: "F1",
  monitored: true,
  decides: true,
  lacks: "both",
  share: (counts) => {
    const { actual, predicted, correct } = counts;
    if (actual.length !== 2) return weightedShare(counts, (k) => f1OfClass(counts, k));
    return { successes: correct[1]!, n: predicted[1]! + actual[1]! - correct[1]! };
  },
  fromShare: ({ successes, n }, nClasses) =>
    nClasses === 2 ? (2 * successes) / (n + successes) : successes / n,
} as const satisfies CountMetric;
