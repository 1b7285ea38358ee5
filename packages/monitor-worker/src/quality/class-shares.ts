/** Iterations at most, and the change of a share below which they end. */
const ITERATIONS = 500;
const SETTLED = 1e-6;

/**
 * The classes' shares among rows whose calibrated chances are known, if the texts of each class are what they were in
 * training: expectation and maximisation of Saerens, Latinne and Decaestecker 2002 (Neural Computation 14:21). Each
 * row's chances are weighed by how each class's share moved, and the shares are the mean of the weighed chances.
 *
 * @param chances nRows x nClasses, at least one row
 * @param training shares of the classes among the rows that the chances were calibrated on
 */
export function estimateClassShares(chances: Float64Array, training: readonly number[]): number[] {
  const nClasses = training.length;
  const nRows = chances.length / nClasses;
  const row = new Float64Array(nClasses);
  let shares = [...training];
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const sums = new Float64Array(nClasses);
    for (let i = 0; i < nRows; i++) {
      weighChances(chances, i * nClasses, training, shares, row);
      for (let k = 0; k < nClasses; k++) sums[k]! += row[k]!;
    }
    const next = Array.from(sums, (sum) => sum / nRows);
    const moved = Math.max(...next.map((share, k) => Math.abs(share - shares[k]!)));
    shares = next;
    if (moved < SETTLED) break;
  }
  return shares;
}

/**
 * The chances of one row if the classes' shares are `shares` instead of `training`; they add up to 1.
 *
 * @param from where the row's chances begin in `chances`
 */
export function weighChances(
  chances: ArrayLike<number>,
  from: number,
  training: readonly number[],
  shares: readonly number[],
  into: Float64Array,
): void {
  let sum = 0;
  for (let k = 0; k < training.length; k++) {
    const weighed = training[k]! > 0 ? (chances[from + k]! * shares[k]!) / training[k]! : 0;
    into[k] = weighed;
    sum += weighed;
  }
  for (let k = 0; k < training.length; k++) into[k] = sum > 0 ? into[k]! / sum : chances[from + k]!;
}
