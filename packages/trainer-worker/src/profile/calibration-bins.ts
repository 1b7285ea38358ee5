import { type CalibrationBin, MAX_CALIBRATION_BINS } from "@colaml/shared/learning/model/reference-profile";

/** Groups of all classes together, at most: the profile of a model of many classes stays small. */
const MAX_BINS_OF_ALL_CLASSES = 2_000;

/**
 * The rows by rising probability of a class, in groups of about equal size that equal probabilities stay in together:
 * boosted probabilities lie close to each other, and bins of equal width would put most rows into a few.
 *
 * @param probabilities nRows x nClasses
 * @returns one list per class (binary: one, of class 1), none of its groups empty
 */
export function calibrationBins(
  probabilities: Float64Array,
  actual: ArrayLike<number>,
  nClasses: number,
): CalibrationBin[][] {
  const which = nClasses === 2 ? [1] : Array.from({ length: nClasses }, (_, k) => k);
  const most = Math.min(MAX_CALIBRATION_BINS, Math.max(10, Math.floor(MAX_BINS_OF_ALL_CLASSES / nClasses)));
  return which.map((k) => binsOfClass(k, most, probabilities, actual, nClasses));
}

function binsOfClass(
  k: number,
  most: number,
  probabilities: Float64Array,
  actual: ArrayLike<number>,
  nClasses: number,
): CalibrationBin[] {
  const n = actual.length;
  const of = (row: number) => probabilities[row * nClasses + k]!;
  const rows = Uint32Array.from({ length: n }, (_, row) => row).sort((a, b) => of(a) - of(b) || a - b);
  const bins: CalibrationBin[] = [];
  for (let at = 0; at < n; ) {
    let end = Math.max(at + 1, Math.floor(((bins.length + 1) * n) / most));
    while (end < n && of(rows[end]!) === of(rows[end - 1]!)) end++;
    let [sum, positives] = [0, 0];
    for (let i = at; i < end; i++) {
      sum += of(rows[i]!);
      if (actual[rows[i]!] === k) positives++;
    }
    bins.push({ rows: end - at, meanProbability: Math.min(1, sum / (end - at)), positives });
    at = end;
  }
  return bins;
}
