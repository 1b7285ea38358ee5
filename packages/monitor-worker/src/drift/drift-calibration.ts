import { normalQuantile } from "../statistics/normal";
import { populationStabilityIndex, smoothedShares } from "../statistics/psi";
import { binomial, multinomial, type Random, seededRandom } from "../statistics/random";

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
  /** Kish's design effect: neighbouring rows are alike, so they tell as much as `rows / designEffect` random ones. */
  designEffect: number;
  /** `bins`: each row is in one of them; `words`: a row holds each word or not. */
  kind: "bins" | "words";
  /** Of words: how much more the index varies than that of words that come and go by themselves. */
  varianceFactor?: number;
}

/**
 * The PSI that a window drawn from the reference's own distribution exceeds with chance `falseAlarmRate`. The
 * reference is a sample too, so both are drawn: seeded, of their effective sizes. The quantile is that of the gamma
 * distribution with the draws' mean and variance (under no drift PSI is about a scaled chi-square), which is
 * steadier in the far tail than the largest draws themselves.
 */
export function calibratedPsiThreshold(comparison: Comparison, falseAlarmRate: number): number {
  const { mean, variance } = simulate(comparison, seededRandom(SEED));
  return gammaQuantile(mean, variance * (comparison.varianceFactor ?? 1), 1 - falseAlarmRate);
}

function simulate(comparison: Comparison, random: Random): { mean: number; variance: number } {
  const bins = comparison.reference.length;
  const shares = sharesOf(comparison);
  const sizes = [comparison.referenceRows, comparison.rows].map((rows) =>
    Math.max(1, Math.round(rows / comparison.designEffect)),
  );
  const drawn = [new Float64Array(bins), new Float64Array(bins)];
  let sum = 0;
  let squares = 0;
  for (let draw = 0; draw < DRAWS; draw++) {
    for (const side of [0, 1]) drawCounts(comparison.kind, sizes[side]!, shares, random, drawn[side]!);
    const psi = populationStabilityIndex(smoothedShares(drawn[0]!), smoothedShares(drawn[1]!));
    sum += psi;
    squares += psi * psi;
  }
  const mean = sum / DRAWS;
  return { mean, variance: Math.max(0, squares / DRAWS - mean * mean) };
}

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
  if (mean <= 0 || variance <= 0) return mean;
  const shape = (mean * mean) / variance;
  const cube = 1 - 1 / (9 * shape) + normalQuantile(share) / (3 * Math.sqrt(shape));
  return mean * Math.max(0, cube) ** 3;
}
