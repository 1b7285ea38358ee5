import type { LinearEnsemble } from "./linear-ensemble";
import { type EnsembleScorer, type FeatureRow, sigmoid, softmax } from "./tree-scorer";

const { fround } = Math;

/**
 * Probabilities of classes that each have a logistic model against all others: the logistic function of each margin,
 * divided by their sum, as scikit-learn's `OneVsRestClassifier` does. Logistic values are float32, their sum is
 * float64. Margins so low that float32 holds no probability of any class are put through the softmax instead, which
 * is what the quotient tends to.
 *
 * @param out nGroups; may not be `margins`
 */
export function oneAgainstRest(margins: ArrayLike<number>, out: Float64Array): void {
  let sum = 0;
  for (let k = 0; k < margins.length; k++) {
    const p = sigmoid(margins[k]!);
    out[k] = p;
    sum += p;
  }
  const divisor = fround(sum);
  if (divisor === 0) softmax(margins, out);
  else for (let k = 0; k < margins.length; k++) out[k] = fround(out[k]! / divisor);
}

/** Probabilities of a row of a linear model from its margins. Binary: [1 - p, p]. */
export function linearProbabilities(margins: ArrayLike<number>, out: Float64Array): Float64Array {
  if (margins.length > 1) oneAgainstRest(margins, out);
  else {
    const p = sigmoid(margins[0]!);
    out[0] = 1 - p;
    out[1] = p;
  }
  return out;
}

/**
 * The margins of a row as XGBoost's `gblinear` sums them, to the last bit of its float32 sums: bias and base margin, then
 * weight times value in the order of the row's columns, each product and each sum rounded. O(values x groups).
 *
 * @param indices columns of the row's values, the first `count` of them
 * @param out nGroups
 */
export function linearMargins(
  { nGroups, bias, weights, baseMargin }: LinearEnsemble,
  indices: ArrayLike<number>,
  values: ArrayLike<number>,
  count: number,
  out: Float32Array,
): Float32Array {
  const base = fround(baseMargin);
  for (let k = 0; k < nGroups; k++) out[k] = bias[k]! + base;
  for (let i = 0; i < count; i++) {
    const value = fround(values[i]!);
    const from = indices[i]! * nGroups;
    for (let k = 0; k < nGroups; k++) out[k]! += fround(value * weights[from + k]!);
  }
  return out;
}

/**
 * Scores rows by `linearMargins`; not reentrant. The weights are read at each call: whoever changes them sees it in the
 * next row.
 */
export function createLinearScorer(ensemble: LinearEnsemble): EnsembleScorer {
  const { nGroups } = ensemble;
  const ownMargins = new Float32Array(nGroups);
  const margins = ({ indices, values }: FeatureRow, out: Float32Array) =>
    linearMargins(ensemble, indices, values, indices.length, out);
  return {
    nClasses: nGroups === 1 ? 2 : nGroups,
    margins,
    probabilities: (row, out) => linearProbabilities(margins(row, ownMargins), out),
  };
}
