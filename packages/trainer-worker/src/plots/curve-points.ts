import type { Point } from "@colaml/shared/charts/svg-chart";

/** Rows ordered by falling score, with what a threshold at each distinct score gives. */
export interface ThresholdCurves {
  /** (false positive rate, true positive rate), from (0, 0) to (1, 1). */
  roc: Point[];
  /** (recall, precision), from the highest threshold on. */
  precisionRecall: Point[];
  /** Sum of precision times the recall gained, as scikit-learn's `average_precision_score`. */
  averagePrecision: number;
}

/**
 * ROC and precision-recall points of one class against the rest, one per distinct score; undefined if the rows
 * are all of the class, or none is. O(n log n).
 *
 * @param scores probability of the class, a row
 * @param isPositive 1 if the row is of the class
 */
export function thresholdCurves(
  scores: Float64Array,
  isPositive: ArrayLike<number>,
): ThresholdCurves | undefined {
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  let positives = 0;
  for (let i = 0; i < order.length; i++) positives += isPositive[i]!;
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  const roc: Point[] = [{ x: 0, y: 0 }];
  const precisionRecall: Point[] = [];
  let averagePrecision = 0;
  let hits = 0;
  for (let start = 0; start < order.length; ) {
    let end = start;
    const before = hits;
    while (end < order.length && scores[order[end]!] === scores[order[start]!])
      hits += isPositive[order[end++]!]!;
    roc.push({ x: (end - hits) / negatives, y: hits / positives });
    precisionRecall.push({ x: hits / positives, y: hits / end });
    averagePrecision += ((hits - before) / positives) * (hits / end);
    start = end;
  }
  return { roc, precisionRecall, averagePrecision };
}
