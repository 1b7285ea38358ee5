import type { Random } from "@colaml/shared/learning/data/seeded-random";
import { normalQuantile } from "../statistics/normal";
import { populationStabilityIndex, smoothedShares } from "../statistics/psi";
import { binomial, multinomial, openRandom } from "../statistics/random";

/** Windows drawn for a threshold: their mean and variance are known to about 4% and 9%. */
const DRAWS = 500;
const SEED = 42;

/** What is compared, and how its counts come about. */
export interface Comparison {
  /** Counts of the reference. */
  reference: ArrayLike<number>;
  /** Rows of the reference. */
  referenceRows: number;
  /** Rows of the window. */
  rows: number;
  /** Kish's design effect: neighbouring rows are alike, so they are worth as much as `rows / designEffect` random ones. */
  designEffect: number;
  /** `bins`: each row is in one of them; `words`: a row holds each word or not. */
  kind: "bins" | "words";
  /** Of words: how much more the index varies than that of words that come and go by themselves. */
  varianceFactor?: number;
}

/** What PSI is at a window's size when only chance separates it from the reference. */
export interface PsiUnderChance {
  /** Its mean: above 0, and the higher the smaller the window. */
  expected: number;
  variance: number;
  /** What it exceeds with chance `falseAlarmRate`. */
  threshold: number;
}

/**
 * PSI of windows drawn from the reference's own distribution. The reference is a sample too, so both are drawn:
 * seeded, of their effective sizes. The threshold is the quantile of the gamma distribution with the draws' mean and
 * variance (under no drift PSI is about a scaled chi-square), which is steadier in the far tail than the largest
 * draws themselves.
 */
export function psiUnderChance(comparison: Comparison, falseAlarmRate: number): PsiUnderChance {
  const { mean, variance: drawn } = simulate(comparison, openRandom(SEED));
  const variance = drawn * (comparison.varianceFactor ?? 1);
  return { expected: mean, variance, threshold: gammaQuantile(mean, variance, 1 - falseAlarmRate) };
}

/**
 * Variance of PSI between two samples that really differ, by the delta method: each side's shares vary as those of a
 * multinomial of the given size.
 *
 * @param p shares of one side, all above 0, drawn from `n` rows; `q` likewise from `m`
 */
export function psiSamplingVariance(
  p: ArrayLike<number>,
  n: number,
  q: ArrayLike<number>,
  m: number,
): number {
  return ofOneSide(p, q) / n + ofOneSide(q, p) / m;
}

/** Variance of the gradient of PSI in `shares`, up to a constant, over one draw from them. */
function ofOneSide(shares: ArrayLike<number>, others: ArrayLike<number>): number {
  const slopes = Float64Array.from(shares, (share, i) => Math.log(share / others[i]!) - others[i]! / share);
  const expected = (values: Float64Array) => values.reduce((sum, value, i) => sum + shares[i]! * value, 0);
  const mean = expected(slopes);
  return expected(slopes.map((slope) => (slope - mean) ** 2));
}

function simulate(comparison: Comparison, random: Random): { mean: number; variance: number } {
  const bins = comparison.reference.length;
  const shares = sharesOf(comparison);
  const sizes = [comparison.referenceRows, comparison.rows].map((rows) =>
    Math.max(1, Math.round(rows / comparison.designEffect)),
  );
  const drawn = [new Float64Array(bins), new Float64Array(bins)];
  const indices = Float64Array.from({ length: DRAWS }, () => {
    for (const side of [0, 1]) drawCounts(comparison.kind, sizes[side]!, shares, random, drawn[side]!);
    return populationStabilityIndex(smoothedShares(drawn[0]!), smoothedShares(drawn[1]!));
  });
  const mean = meanOf(indices);
  return { mean, variance: meanOf(indices.map((psi) => (psi - mean) ** 2)) };
}

const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

function sharesOf({ reference, referenceRows, kind }: Comparison): Float64Array {
  if (kind === "bins") return smoothedShares(reference);
  return Float64Array.from(reference, (count) => Math.min(1, (count + 0.5) / (referenceRows + 1)));
}

function drawCounts(
  kind: Comparison["kind"],
  rows: number,
  shares: Float64Array,
  random: Random,
  into: Float64Array,
): void {
  if (kind === "bins") multinomial(rows, shares, random, into);
  else for (let word = 0; word < shares.length; word++) into[word] = binomial(rows, shares[word]!, random);
}

/** Quantile of a gamma distribution by its first two moments: Wilson and Hilferty's cube, within 1% in the tail. */
function gammaQuantile(mean: number, variance: number, share: number): number {
  if (variance === 0) return mean;
  const shape = (mean * mean) / variance;
  const cube = 1 - 1 / (9 * shape) + normalQuantile(share) / (3 * Math.sqrt(shape));
  return mean * Math.max(0, cube) ** 3;
}
