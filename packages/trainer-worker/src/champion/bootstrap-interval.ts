import { seededRandom } from "@colaml/shared/learning/data/seeded-random";

/** Percentile bootstrap of the accuracy difference, challenger minus champion, rows resampled in pairs. */
export interface BootstrapInterval {
  /** The difference itself. */
  difference: number;
  low: number;
  high: number;
  confidence: number;
  resamples: number;
}

const RESAMPLES = 1_000;
const CONFIDENCE = 0.95;

/**
 * A resample of n paired rows holds Binomial(n, a/n) rows that only the challenger gets right and, of the rest,
 * Binomial(n - that, b/(n - a)) that only the champion does: drawing these two counts is the whole resample, and
 * costs the number of discordant rows instead of n.
 *
 * @param rows test rows, above 0
 */
export function bootstrapInterval(
  challengerOnly: number,
  championOnly: number,
  rows: number,
  seed: number,
): BootstrapInterval {
  const random = seededRandom(seed);
  const differences = new Float64Array(RESAMPLES);
  const rest = rows - challengerOnly;
  for (let i = 0; i < RESAMPLES; i++) {
    const gained = drawBinomial(rows, challengerOnly / rows, random);
    const lost = drawBinomial(rows - gained, rest > 0 ? championOnly / rest : 0, random);
    differences[i] = (gained - lost) / rows;
  }
  differences.sort();
  const tail = (1 - CONFIDENCE) / 2;
  return {
    difference: (challengerOnly - championOnly) / rows,
    low: quantile(differences, tail),
    high: quantile(differences, 1 - tail),
    confidence: CONFIDENCE,
    resamples: RESAMPLES,
  };
}

/** Successes in n tries: jumps from success to success by geometric gaps (Devroye 1986, X.4.3); O(n p). */
function drawBinomial(n: number, p: number, random: () => number): number {
  if (p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - drawBinomial(n, 1 - p, random);
  const logQ = Math.log1p(-p);
  let successes = 0;
  let tried = Math.floor(Math.log1p(-random()) / logQ) + 1;
  while (tried <= n) {
    successes++;
    tried += Math.floor(Math.log1p(-random()) / logQ) + 1;
  }
  return successes;
}

/** Linear interpolation between order statistics (type 7 of R and numpy). */
function quantile(sorted: Float64Array, q: number): number {
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}
