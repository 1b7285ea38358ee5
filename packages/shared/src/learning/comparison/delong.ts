import { normalUpperTail } from "./distributions";
import { midranks } from "./midranks";

/** Class indexes of rows and the probabilities that two models give them: nRows x nClasses each. */
export interface PairedProbabilities {
  labels: ArrayLike<number>;
  nClasses: number;
  challenger: Float64Array;
  champion: Float64Array;
}

/**
 * DeLong's test of two correlated areas under the ROC curve, one-sided: is the challenger's larger? Of more than two
 * classes the areas one against the rest are weighted by their rows, as the metric is; the row's influences add up,
 * and rows vary within their class (for two classes that is DeLong's formula itself).
 * Sources: DeLong, DeLong, Clarke-Pearson, Biometrics 44 (1988); components by midranks: Sun, Xu, IEEE Signal
 * Processing Letters 21 (2014). O(classes x n log n).
 *
 * @returns undefined if the rows are not of two classes at least
 */
export function delongTest(rows: PairedProbabilities): { difference: number; p: number } | undefined {
  const { labels, nClasses } = rows;
  const support = new Float64Array(nClasses);
  for (let i = 0; i < labels.length; i++) support[labels[i]!]!++;
  if (support.filter((count) => count > 0).length < 2) return undefined;
  const influence = new Float64Array(labels.length);
  addInfluence(rows, rows.challenger, support, 1, influence);
  addInfluence(rows, rows.champion, support, -1, influence);
  // Influences sum up to twice the difference: half of it stands in the positives, half in the negatives.
  const difference = influence.reduce((sum, value) => sum + value, 0) / 2;
  const variance = varianceOf(influence, labels, support);
  if (variance <= 0) return { difference, p: difference > 0 ? 0 : 1 };
  return { difference, p: normalUpperTail(difference / Math.sqrt(variance)) };
}

/** Adds `sign` times each row's share of the model's area to `influence`. */
function addInfluence(
  { labels, nClasses }: PairedProbabilities,
  probabilities: Float64Array,
  support: Float64Array,
  sign: number,
  influence: Float64Array,
): void {
  const n = labels.length;
  const curves = nClasses === 2 ? [1] : Array.from(support.keys()).filter((k) => support[k]! > 0);
  for (const k of curves) {
    const scores = Float64Array.from({ length: n }, (_, i) => probabilities[i * nClasses + k]!);
    const [positives, negatives] = [support[k]!, n - support[k]!];
    const weight = nClasses === 2 ? 1 : positives / n;
    const all = midranks(scores);
    const own = ranksWithin(scores, labels, k);
    for (let i = 0; i < n; i++) {
      const others = all[i]! - own[i]!;
      if (labels[i] === k) influence[i]! += (sign * weight * (others / negatives)) / positives;
      else influence[i]! += (sign * weight * (1 - others / positives)) / negatives;
    }
  }
}

/** The rank of each row among the rows on its side: of class k, or of the others. */
function ranksWithin(scores: Float64Array, labels: ArrayLike<number>, k: number): Float64Array {
  const ranks = new Float64Array(scores.length);
  for (const side of [true, false]) {
    const rows = Uint32Array.from(scores.keys()).filter((i) => (labels[i] === k) === side);
    const within = midranks(Float64Array.from(rows, (i) => scores[i]!));
    rows.forEach((i, at) => {
      ranks[i] = within[at]!;
    });
  }
  return ranks;
}

/** Sum over the classes of rows x sample variance of their influences; a class of one row says nothing. */
function varianceOf(influence: Float64Array, labels: ArrayLike<number>, support: Float64Array): number {
  const sums = new Float64Array(support.length);
  for (let i = 0; i < influence.length; i++) sums[labels[i]!]! += influence[i]!;
  let variance = 0;
  for (let i = 0; i < influence.length; i++) {
    const rows = support[labels[i]!]!;
    if (rows < 2) continue;
    variance += ((influence[i]! - sums[labels[i]!]! / rows) ** 2 * rows) / (rows - 1);
  }
  return variance;
}
