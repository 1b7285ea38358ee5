import { ColaError } from "../../errors/cola-error";
import type { MersenneTwister } from "./mersenne-twister";

/** Rows of each stratum in ascending order; strata in ascending order of their code, empty ones left out. */
function rowsByStratum(strata: ArrayLike<number>): Uint32Array[] {
  const counts = new Map<number, number>();
  for (let i = 0; i < strata.length; i++) counts.set(strata[i]!, (counts.get(strata[i]!) ?? 0) + 1);
  const codes = [...counts.keys()].sort((a, b) => a - b);
  const rows = codes.map((code) => new Uint32Array(counts.get(code)!));
  const position = new Map(codes.map((code, i) => [code, i]));
  const filled = new Uint32Array(codes.length);
  for (let i = 0; i < strata.length; i++) {
    const stratum = position.get(strata[i]!)!;
    rows[stratum]![filled[stratum]!++] = i;
  }
  return rows;
}

/**
 * How many of `nDraws` come from each class: scikit-learn's `_approximate_mode` of the multivariate
 * hypergeometric distribution, its random tie-breaking included.
 */
function approximateMode(classCounts: number[], nDraws: number, random: MersenneTwister): number[] {
  const total = classCounts.reduce((sum, count) => sum + count, 0);
  const continuous = classCounts.map((count) => (count / total) * nDraws);
  const drawn = continuous.map(Math.floor);
  const remainder = continuous.map((value, i) => value - drawn[i]!);
  let missing = Math.trunc(nDraws - drawn.reduce((sum, count) => sum + count, 0));
  const values = [...new Set(remainder)].sort((a, b) => b - a);
  for (const value of values) {
    if (missing <= 0) break;
    const tied = remainder.flatMap((other, i) => (other === value ? [i] : []));
    const addNow = Math.min(tied.length, missing);
    for (const chosen of random.permutation(tied.length).subarray(0, addNow)) drawn[tied[chosen]!]! += 1;
    missing -= addNow;
  }
  return drawn;
}

function checkStrata(rows: Uint32Array[], nTrain: number, nTest: number): void {
  const single = rows.findIndex((of) => of.length < 2);
  if (single >= 0) {
    throw new ColaError(
      "TOO_FEW_ROWS",
      `a stratified split needs two rows of each class: row ${rows[single]![0]} is the only one of its class`,
    );
  }
  const smaller = Math.min(nTrain, nTest);
  if (smaller < rows.length) {
    throw new ColaError(
      "TOO_FEW_ROWS",
      `a stratified split needs a row of each class in each part: ${smaller} rows for ${rows.length} classes`,
    );
  }
}

/**
 * The rows scikit-learn's `StratifiedShuffleSplit(n_splits=1)` picks, in its order.
 * @param strata class code of each row
 * @throws ColaError TOO_FEW_ROWS
 */
export function stratifiedSplit(
  strata: ArrayLike<number>,
  nTrain: number,
  nTest: number,
  random: MersenneTwister,
): { train: Uint32Array; test: Uint32Array } {
  const rows = rowsByStratum(strata);
  checkStrata(rows, nTrain, nTest);
  const counts = rows.map((of) => of.length);
  const trainCounts = approximateMode(counts, nTrain, random);
  const left = counts.map((count, i) => count - trainCounts[i]!);
  const testCounts = approximateMode(left, nTest, random);
  const train = new Uint32Array(nTrain);
  const test = new Uint32Array(nTest);
  let nextTrain = 0;
  let nextTest = 0;
  rows.forEach((of, stratum) => {
    const order = random.permutation(of.length);
    const trainCount = trainCounts[stratum]!;
    for (let i = 0; i < trainCount; i++) train[nextTrain++] = of[order[i]!]!;
    for (let i = 0; i < testCounts[stratum]!; i++) test[nextTest++] = of[order[trainCount + i]!]!;
  });
  return { train: random.shuffle(train), test: random.shuffle(test) };
}
