/** Bins of equal width: what Guo et al. use. */
const BINS = 15;

/** Rows whose highest probability lies in a bin. */
export interface ReliabilityBin {
  /** The bin is (from, to]. */
  from: number;
  to: number;
  rows: number;
  /** Mean highest probability; absent without a row. */
  confidence?: number;
  /** Share of the rows whose most probable class is theirs; absent without a row. */
  accuracy?: number;
}

/**
 * Confidence against accuracy in bins of equal width, and the expected calibration error: the mean distance of the two,
 * weighted by rows. Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks" (2017).
 *
 * @param confidences highest probability of each row
 * @param isRight 1 if the most probable class is the row's
 * @returns no error if there is no row
 */
export function reliability(
  confidences: ArrayLike<number>,
  isRight: ArrayLike<number>,
): { bins: ReliabilityBin[]; ece?: number } {
  const rows = new Float64Array(BINS);
  const sums = new Float64Array(BINS);
  const right = new Float64Array(BINS);
  for (let row = 0; row < confidences.length; row++) {
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(confidences[row]! * BINS) - 1));
    rows[bin]!++;
    sums[bin]! += confidences[row]!;
    right[bin]! += isRight[row]!;
  }
  let error = 0;
  const bins = Array.from(rows, (count, bin): ReliabilityBin => {
    const range = { from: bin / BINS, to: (bin + 1) / BINS, rows: count };
    if (count === 0) return range;
    error += Math.abs(sums[bin]! - right[bin]!);
    return { ...range, confidence: sums[bin]! / count, accuracy: right[bin]! / count };
  });
  return confidences.length === 0 ? { bins } : { bins, ece: error / confidences.length };
}
