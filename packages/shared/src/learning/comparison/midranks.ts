/**
 * Ranks from 1 in ascending order; equal values share the mean of theirs (scipy.stats.rankdata). O(n log n).
 *
 * @example midranks(Float64Array.of(3, 1, 3)) // [2.5, 1, 2.5]
 */
export function midranks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}
