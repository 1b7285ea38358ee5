import { type Random, seededRandom } from "@colaml/shared/learning/data/seeded-random";
import { normalQuantile } from "./normal";

/** Numbers above 0 and below 1, neither of them included: those of the seed, each in the middle of its step of 2^-32. */
export function openRandom(seed: number): Random {
  const random = seededRandom(seed);
  return () => random() + 2 ** -33;
}

/** Above this variance a normal, rounded and kept within range, stands in for the binomial. */
const NORMAL_FROM_VARIANCE = 25;

/** Successes in `n` trials of chance `share`; n need not be whole. O(n share) if counts are small. */
export function binomial(n: number, share: number, random: Random): number {
  if (n <= 0 || share <= 0) return 0;
  if (share >= 1) return n;
  if (share > 0.5) return n - binomial(n, 1 - share, random);
  const variance = n * share * (1 - share);
  if (variance > NORMAL_FROM_VARIANCE) {
    const drawn = Math.round(n * share + Math.sqrt(variance) * normalQuantile(random()));
    return Math.min(n, Math.max(0, drawn));
  }
  return smallBinomial(Math.round(n), share, random);
}

/** Inversion: walks the distribution function from 0 up. */
function smallBinomial(n: number, share: number, random: Random): number {
  const odds = share / (1 - share);
  let mass = (1 - share) ** n;
  let left = random();
  let count = 0;
  while (left > mass && count < n) {
    left -= mass;
    mass *= (odds * (n - count)) / (count + 1);
    count++;
  }
  return count;
}

/** `n` draws among bins of the given shares, as counts: conditional binomials, bin by bin. */
export function multinomial(n: number, shares: ArrayLike<number>, random: Random, into: Float64Array): void {
  let rows = n;
  let mass = 1;
  for (let bin = 0; bin < shares.length; bin++) {
    const count =
      bin === shares.length - 1
        ? rows
        : binomial(rows, Math.min(1, shares[bin]! / Math.max(mass, 1e-300)), random);
    into[bin] = count;
    rows -= count;
    mass -= shares[bin]!;
  }
}
