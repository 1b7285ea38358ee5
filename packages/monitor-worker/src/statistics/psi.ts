/** Rows added to every bin before shares are taken, so that an empty bin gives a finite index (Jeffreys' prior). */
const PSEUDO_COUNT = 0.5;

/**
 * Shares of counts after half a row is added to each bin. They add up to 1.
 *
 * @example smoothedShares([0, 1]) // [0.25, 0.75]
 */
export function smoothedShares(counts: ArrayLike<number>): Float64Array {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]! + PSEUDO_COUNT;
  // `Float64Array.from` would make a list of all values first: a check calls this some thousand times
  const shares = new Float64Array(counts.length);
  for (let i = 0; i < shares.length; i++) shares[i] = (counts[i]! + PSEUDO_COUNT) / total;
  return shares;
}

/**
 * Population stability index: the sum of (p - q) ln(p / q) over the bins, which is scipy's
 * `entropy(p, q) + entropy(q, p)` (Jeffreys' divergence, natural logarithm). 0 for equal shares; by convention
 * 0.1 is a moderate shift and 0.25 a large one. Both sides must be above 0 in each bin: see `smoothedShares`.
 */
export function populationStabilityIndex(p: ArrayLike<number>, q: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += (p[i]! - q[i]!) * Math.log(p[i]! / q[i]!);
  return sum;
}
