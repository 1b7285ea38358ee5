/** Counts of rows by actual (row) and predicted (column) class: nClasses x nClasses, row-major. */
export interface ConfusionMatrix {
  nClasses: number;
  counts: Float64Array;
}

/** The confusion matrix of class indexes. */
export function confusionMatrix(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  nClasses: number,
): ConfusionMatrix {
  const counts = new Float64Array(nClasses * nClasses);
  for (let i = 0; i < actual.length; i++) counts[actual[i]! * nClasses + predicted[i]!]!++;
  return { nClasses, counts };
}

/** Precision, recall and F1 of one class; absent if nothing was predicted, or nothing is, of that class. */
export interface ClassScores {
  precision?: number;
  recall?: number;
  f1?: number;
  /** Rows that are of the class. */
  support: number;
  /** Rows predicted to be. */
  predicted: number;
}

/** The scores of a class from a confusion matrix, as scikit-learn defines them. */
export function classScores({ nClasses, counts }: ConfusionMatrix, index: number): ClassScores {
  let support = 0;
  let predicted = 0;
  for (let other = 0; other < nClasses; other++) {
    support += counts[index * nClasses + other]!;
    predicted += counts[other * nClasses + index]!;
  }
  const hits = counts[index * nClasses + index]!;
  const scores: ClassScores = { support, predicted };
  if (predicted > 0) scores.precision = hits / predicted;
  if (support > 0) scores.recall = hits / support;
  if (predicted + support > 0) scores.f1 = (2 * hits) / (predicted + support);
  return scores;
}
