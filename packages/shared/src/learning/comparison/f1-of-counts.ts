/** Rows of each class by actual class, by predicted class, and by both: all that F1 scores need. */
export interface ClassCounts {
  support: Float64Array;
  predicted: Float64Array;
  hits: Float64Array;
}

/** Counts of class indexes. */
export function classCounts(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  nClasses: number,
): ClassCounts {
  const counts = {
    support: new Float64Array(nClasses),
    predicted: new Float64Array(nClasses),
    hits: new Float64Array(nClasses),
  };
  for (let i = 0; i < actual.length; i++) {
    counts.support[actual[i]!]!++;
    counts.predicted[predicted[i]!]!++;
    if (actual[i] === predicted[i]) counts.hits[actual[i]!]!++;
  }
  return counts;
}

/**
 * scikit-learn's F1 score. `f1_score`: of class 1 of two, of more the mean weighted by support; `macro_f1`: the plain
 * mean over the classes that a row is, or was predicted to be, of.
 *
 * @returns undefined if there is nothing to score, e.g. neither a row nor a prediction of class 1
 */
export function f1OfCounts(
  { support, predicted, hits }: ClassCounts,
  metric: "f1_score" | "macro_f1",
): number | undefined {
  const f1 = (k: number) => (2 * hits[k]!) / (support[k]! + predicted[k]!);
  if (metric === "f1_score" && support.length === 2)
    return support[1]! + predicted[1]! > 0 ? f1(1) : undefined;
  let sum = 0;
  let weights = 0;
  for (let k = 0; k < support.length; k++) {
    if (support[k]! + predicted[k]! === 0) continue;
    const weight = metric === "macro_f1" ? 1 : support[k]!;
    sum += weight * f1(k);
    weights += weight;
  }
  return weights === 0 ? undefined : sum / weights;
}
