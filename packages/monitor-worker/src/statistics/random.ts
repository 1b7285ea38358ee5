import { type Random, seededRandom } from "@colaml/shared/learning/data/seeded-random";
import { normalQuantile } from "./normal";

/** Numbers above 0 and below 1, neither of them included: those of the seed, each in the middle of its step of 2^-32. */
export function openRandom(seed: number): Random {
  const random = seededRandom(seed);
  return () => random() + 2 ** -33;
}

/** Above this variance a normal, rounded and not below 0, stands in for the binomial: up to a half it stays below n. */
const NORMAL_FROM_VARIANCE = 25;

/**
 * Successes in `n` trials of chance `share`, by inversion: the quantile of the distribution that `random` picks (above a
 * half, of the failures). O(n share) if counts are small.
 *
 * @param n a whole number, at least 0
 * @param share from 0 to 1
 */
export function binomial(n: number, share: number, random: Random): number {
  if (share > 0.5) return n - binomial(n, 1 - share, random);
  const variance = n * share * (1 - share);
  if (variance > NORMAL_FROM_VARIANCE) {
    return Math.max(0, Math.round(n * share + Math.sqrt(variance) * normalQuantile(random())));
  }
  return smallBinomial(n, share, random);
}

/** Walks the distribution function from 0 up. */
function smallBinomial(n: number, share: number, random: Random): number {
  const odds = share / (1 - share);
  let mass = (1 - share) ** n;
  let left = random();
  let count = 0;
  // rounding may make the masses add up to a little less than 1
  while (left > mass && count < n) {
    left -= mass;
    mass *= (odds * (n - count)) / (count + 1);
    count++;
  }
  return count;
}

/**
 * `n` draws among bins, as counts: conditional binomials, bin by bin.
 *
 * @param shares of the bins, all above 0, which add up to 1
 */
export function multinomial(n: number, shares: ArrayLike<number>, random: Random, into: Float64Array): void {
  const last = shares.length - 1;
  let rows = n;
  let mass = 1;
  for (let bin = 0; bin < last; bin++) {
    const count = binomial(rows, shares[bin]! / mass, random);
    into[bin] = count;
    rows -= count;
    mass -= shares[bin]!;
  }
  into[last] = rows;
}
