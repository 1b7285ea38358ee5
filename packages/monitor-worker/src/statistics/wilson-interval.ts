import { Z_95 } from "./normal";

/**
 * Wilson's 95% score interval of a share, as statsmodels' `proportion_confint(method="wilson")`: it stays within
 * 0 and 1 and holds its level for small n and shares near the ends, unlike the textbook interval.
 *
 * @param successes of `n` rows, n at least 1; may be fractional
 * @example wilsonInterval(8, 10) // [0.490..., 0.943...]
 */
export function wilsonInterval(successes: number, n: number, z: number = Z_95): [number, number] {
  const share = successes / n;
  const denominator = 1 + (z * z) / n;
  const centre = (share + (z * z) / (2 * n)) / denominator;
  const half = (z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))) / denominator;
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
