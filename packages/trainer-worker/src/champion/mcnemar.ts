/** McNemar's test of two classifiers on the same rows: are the rows only one gets right evenly spread? */
export interface McNemarResult {
  /** Rows the challenger alone gets right. */
  challengerOnly: number;
  /** Rows the champion alone gets right. */
  championOnly: number;
  /** Two-sided p. */
  p: number;
  /** `exact`: binomial; `chi2`: chi-square with continuity correction, one degree of freedom. */
  method: "exact" | "chi2";
}

/** Below so many discordant rows the exact test is used, as statsmodels' documentation advises (25). */
const EXACT_BELOW = 25;

/**
 * statsmodels' `mcnemar(table, exact=n < 25, correction=True)`.
 *
 * @example mcnemarTest(10, 2).p // 0.038574...
 */
export function mcnemarTest(challengerOnly: number, championOnly: number): McNemarResult {
  const n = challengerOnly + championOnly;
  if (n < EXACT_BELOW) {
    const p = n === 0 ? 1 : Math.min(1, 2 * binomialCdfHalf(Math.min(challengerOnly, championOnly), n));
    return { challengerOnly, championOnly, p, method: "exact" };
  }
  const difference = Math.abs(challengerOnly - championOnly);
  const statistic = (difference - 1) ** 2 / n;
  return { challengerOnly, championOnly, p: erfc(Math.sqrt(statistic / 2)), method: "chi2" };
}

/** P(X <= k) of a binomial with n tries and probability 1/2, n < 25. */
function binomialCdfHalf(k: number, n: number): number {
  let term = 0.5 ** n;
  let sum = 0;
  for (let i = 0; i <= k; i++) {
    sum += term;
    term *= (n - i) / (i + 1);
  }
  return sum;
}

/**
 * Complementary error function: Chebyshev approximation, relative error below 1.2e-7.
 * The survival function of chi-square with one degree of freedom is erfc(sqrt(x / 2)).
 * Source: Numerical Recipes in C, 2nd edition, section 6.2 (`erfcc`). Here for x >= 0.
 */
function erfc(x: number): number {
  const t = 1 / (1 + 0.5 * x);
  const series = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
    -0.82215223, 0.17087277,
  ];
  const polynomial = series.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  return t * Math.exp(-x * x + polynomial);
}
