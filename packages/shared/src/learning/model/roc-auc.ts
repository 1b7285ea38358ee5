/**
 * Area under the ROC curve by ranks, ties counting half (Mann-Whitney U): what scikit-learn's roc_auc_score gives.
 * Nothing if only one class is there. O(n log n).
 *
 * @param isPositive 1 if row i is of the positive class
 */
export function rocAuc(scores: Float64Array, isPositive: ArrayLike<number>): number | undefined {
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  let positives = 0;
  let rankSum = 0;
  for (let start = 0; start < order.length; ) {
    let end = start;
    let hits = 0;
    while (end < order.length && scores[order[end]!] === scores[order[start]!])
      hits += isPositive[order[end++]!]!;
    // Ranks from 1; equal scores share the mean of theirs.
    rankSum += hits * ((start + 1 + end) / 2);
    positives += hits;
    start = end;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
