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
