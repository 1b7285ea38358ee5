import type { IsotonicMap } from "@colaml/shared/learning/model/calibration";

/**
 * Isotonic regression as scikit-learn's `IsotonicRegression(out_of_bounds="clip")` fits it: equal scores count as one
 * with the mean of their targets, neighbours that fall are pooled, and of a flat stretch only its ends are kept.
 * Pool adjacent violators: Best & Chakravarti, "Active set algorithms for isotonic regression" (1990). O(n log n).
 *
 * @param scores probabilities of a class, at least one
 * @param targets 1 if the row is of the class, else 0
 */
export function fitIsotonic(scores: Float64Array, targets: ArrayLike<number>): IsotonicMap {
  const { x, y, weight } = distinctScores(scores, targets);
  const pooled = poolAdjacentViolators(y, weight);
  const kept = x.map((_, i) => i).filter((i) => !isInside(pooled, i));
  return { x: kept.map((i) => x[i]!), y: kept.map((i) => pooled[i]!) };
}

const isInside = (y: readonly number[], i: number) =>
  i > 0 && i < y.length - 1 && y[i] === y[i - 1] && y[i] === y[i + 1];

/** Scores that differ, rising, each with the mean of its targets and its rows. */
function distinctScores(scores: Float64Array, targets: ArrayLike<number>) {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]! || a - b);
  const x: number[] = [];
  const y: number[] = [];
  const weight: number[] = [];
  for (let start = 0; start < order.length; ) {
    const score = scores[order[start]!]!;
    let end = start;
    let sum = 0;
    while (end < order.length && scores[order[end]!] === score) sum += targets[order[end++]!]!;
    x.push(score);
    y.push(sum / (end - start));
    weight.push(end - start);
    start = end;
  }
  return { x, y, weight };
}

/** The closest rising values, by squares weighted. */
function poolAdjacentViolators(y: readonly number[], weight: readonly number[]): number[] {
  const blocks: { value: number; weight: number; count: number }[] = [];
  for (const [i, value] of y.entries()) {
    let block = { value, weight: weight[i]!, count: 1 };
    for (let last = blocks.at(-1); last && last.value >= block.value; last = blocks.at(-1)) {
      blocks.pop();
      const sum = last.weight + block.weight;
      block = {
        value: (last.value * last.weight + block.value * block.weight) / sum,
        weight: sum,
        count: last.count + block.count,
      };
    }
    blocks.push(block);
  }
  return blocks.flatMap(({ value, count }) => new Array<number>(count).fill(value));
}
