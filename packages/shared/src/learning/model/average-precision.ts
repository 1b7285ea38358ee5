/**
 * Average precision of one class against the rest: the sum over thresholds of precision times the gain in recall, as
 * scikit-learn's `average_precision_score`. Equal scores are one threshold. O(n log n).
 *
 * @returns undefined if no row is positive
 */
export function averagePrecision(scores: Float64Array, isPositive: Uint8Array): number | undefined {
  const positives = isPositive.reduce((sum, flag) => sum + flag, 0);
  if (positives === 0) return undefined;
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
  let found = 0;
  let foundBefore = 0;
  let sum = 0;
  order.forEach((row, i) => {
    found += isPositive[row]!;
    if (i + 1 < order.length && scores[order[i + 1]!] === scores[row]) return;
    sum += (found / (i + 1)) * ((found - foundBefore) / positives);
    foundBefore = found;
  });
  return sum;
}
