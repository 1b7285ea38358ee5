/**
 * The predicted class: the most probable, the first of equals. For binary that is class 1 if p > 0.5, as
 * XGBoost's own classifier has it.
 *
 * @param offset where the row's probabilities begin
 */
export function predictedClass(
  probabilities: ArrayLike<number>,
  offset = 0,
  nClasses = probabilities.length,
): number {
  let best = 0;
  for (let i = 1; i < nClasses; i++) {
    if (probabilities[offset + i]! > probabilities[offset + best]!) best = i;
  }
  return best;
}

/**
 * Index of the predicted class of each row.
 *
 * @param probabilities nRows x nClasses, row-major
 */
export function predictedClasses(probabilities: Float64Array, nClasses: number): Uint16Array {
  const predicted = new Uint16Array(probabilities.length / nClasses);
  for (let row = 0; row < predicted.length; row++)
    predicted[row] = predictedClass(probabilities, row * nClasses, nClasses);
  return predicted;
}
