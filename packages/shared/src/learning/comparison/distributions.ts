/** Coefficients of Lanczos' approximation with g = 7 and nine terms (Godfrey 2001): relative error below 1e-14. */
const LANCZOS = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406,
  12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

/** Natural logarithm of the gamma function for x >= 1. */
function logGamma(x: number): number {
  const z = x - 1;
  let sum = LANCZOS[0]!;
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (z + i);
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

const logChoose = (n: number, k: number) => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);

/** A discrete upper tail: P(X > k) and P(X = k). */
export interface UpperTail {
  above: number;
  at: number;
}

/**
 * The upper tail of a binomial distribution with n tries and chance 1/2 (scipy.stats.binom(n, 0.5): sf(k), pmf(k)).
 * O(n - k) at most; relative error below 1e-8 up to n of some millions.
 */
export function binomialHalfTail(k: number, n: number): UpperTail {
  if (k < 0) return { above: 1, at: 0 };
  const at = Math.exp(logChoose(n, k) - n * Math.LN2);
  return { at, above: sumUpwards(at, k, n, (i) => (n - i) / (i + 1)) };
}

/**
 * The upper tail of the hypergeometric distribution: of `rows` rows `marked` are marked and `drawn` are drawn; X is
 * how many of the drawn are marked (scipy.stats.hypergeom(rows, marked, drawn): sf(k), pmf(k)).
 */
export function hypergeometricTail(k: number, rows: number, marked: number, drawn: number): UpperTail {
  const most = Math.min(marked, drawn);
  const least = Math.max(0, marked + drawn - rows);
  if (k < least) return { above: 1, at: 0 };
  if (k > most) return { above: 0, at: 0 };
  const at = Math.exp(logChoose(marked, k) + logChoose(rows - marked, drawn - k) - logChoose(rows, drawn));
  const ratio = (i: number) => ((marked - i) * (drawn - i)) / ((i + 1) * (rows - marked - drawn + i + 1));
  return { at, above: sumUpwards(at, k, most, ratio) };
}

/** The sum of the terms after `first`, each the one before times its ratio, until they no longer count. */
function sumUpwards(first: number, k: number, most: number, ratio: (i: number) => number): number {
  let term = first;
  let sum = 0;
  for (let i = k; i < most; i++) {
    const next = term * ratio(i);
    sum += next;
    // Below the mode terms still rise; beyond it what is this small ends the sum.
    if (next < term && next < sum * 1e-17) break;
    term = next;
  }
  return Math.min(1, sum);
}

/**
 * Chance that a standard normal value lies above z (scipy.stats.norm.sf), relative error below 1.2e-7.
 * Source: complementary error function by Chebyshev approximation, Numerical Recipes in C, 2nd edition, 6.2 (`erfcc`).
 */
export function normalUpperTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const series = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
    -0.82215223, 0.17087277,
  ];
  const polynomial = series.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  const tail = 0.5 * t * Math.exp(-x * x + polynomial);
  return z >= 0 ? tail : 1 - tail;
}

/**
 * One-sided upper bound of a share by Wilson's score interval (Wilson 1927), from the share to 1, which rounding may not
 * leave; z is the normal quantile, above 0.
 */
export function wilsonBound(successes: number, n: number, z: number): number {
  const share = successes / n;
  const centre = share + (z * z) / (2 * n);
  const spread = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return Math.min(1, Math.max(share, (centre + spread) / (1 + (z * z) / n)));
}
