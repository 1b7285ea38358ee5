import { normalQuantile } from "./normal";

/** A source of numbers, evenly above 0 and below 1. */
export type Random = () => number;

/** Mulberry32: 32 bits of state, enough for simulations; the same seed gives the same numbers. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
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
