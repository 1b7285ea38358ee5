import { ColaError } from "../../errors/cola-error";
import type { SplitSettings } from "../../settings/split-settings";
import { MersenneTwister } from "./mersenne-twister";
import { stratifiedSplit } from "./stratified-split";

/** What `assignParts` says of a row. */
export const PART = { train: 0, validation: 1, test: 2 } as const;

function checkSizes(n: number, nTest: number, testSize: number): void {
  if (n - nTest >= 1 && nTest >= 1) return;
  throw new ColaError(
    "TOO_FEW_ROWS",
    `${n} rows cannot be split with a share of ${testSize}: both parts need at least one row`,
  );
}

/**
 * The rows scikit-learn's `train_test_split(test_size, random_state=seed)` picks, in its order.
 *
 * @param n number of rows
 * @param testSize share of the test part, between 0 and 1; it gets ceil(n x testSize) rows
 * @param seed 0 to 2^32 - 1
 * @param strata class code of each row: as `stratify=` there
 * @returns row numbers of both parts
 * @throws ColaError TOO_FEW_ROWS
 * @example trainTestSplit(5, 0.3, 42) // { train: [2, 0, 3], test: [1, 4] }
 */
export function trainTestSplit(
  n: number,
  testSize: number,
  seed: number,
  strata?: ArrayLike<number>,
): { train: Uint32Array; test: Uint32Array } {
  const nTest = Math.ceil(n * testSize);
  checkSizes(n, nTest, testSize);
  const random = new MersenneTwister(seed);
  if (strata) return stratifiedSplit(strata, n - nTest, nTest, random);
  const order = random.permutation(n);
  return { train: order.slice(nTest), test: order.slice(0, nTest) };
}

/**
 * The part of every row: the test set is split off first, then the validation set from what remains, each
 * with the same seed, as two calls of `train_test_split` would.
 *
 * @param n number of rows
 * @param strata class code of each row, used when `settings.stratify` is on
 * @returns one of `PART` for each row, by row number
 * @throws ColaError TOO_FEW_ROWS
 */
export function assignParts(n: number, settings: SplitSettings, strata?: ArrayLike<number>): Uint8Array {
  const codes = settings.stratify ? strata : undefined;
  if (settings.stratify && !codes) throw new ColaError("INTERNAL", "a stratified split needs class codes");
  const seed = settings.random_seed;
  const { train: rest, test } = trainTestSplit(n, settings.test_size, seed, codes);
  const restCodes = codes && Array.from(rest, (row) => codes[row]!);
  const { test: validation } = trainTestSplit(rest.length, settings.validation_size, seed, restCodes);
  const parts = new Uint8Array(n).fill(PART.train);
  for (const row of test) parts[row] = PART.test;
  for (const position of validation) parts[rest[position]!] = PART.validation;
  return parts;
}
