/** The angle is halved until it no longer changes a number of its size. */
const SMALLEST_STEP = 1e-16;

/**
 * Quantile of Student's t: the distribution function inverted by bisection, to 1e-8 relative for shares from 1e-7 on.
 *
 * @param share above 0 and below 1
 * @param freedom degrees of freedom, a whole number from 1 on; O(freedom)
 * @example studentQuantile(0.975, 19) // 2.0930...
 */
export function studentQuantile(share: number, freedom: number): number {
  const within = Math.abs(2 * share - 1);
  let angle = 0;
  for (let step = Math.PI / 4; step > SMALLEST_STEP; step /= 2) {
    if (chanceWithin(angle + step, freedom) < within) angle += step;
  }
  return Math.sign(share - 0.5) * Math.sqrt(freedom) * Math.tan(angle);
}

/**
 * Chance that |t| is below `sqrt(freedom) tan(angle)`, a finite sum (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4).
 *
 * @param angle from 0 to half of pi
 */
function chanceWithin(angle: number, freedom: number): number {
  const isOdd = freedom % 2 === 1;
  const cosine = Math.cos(angle);
  let term = isOdd ? cosine : 1;
  let sum = 0;
  for (let k = isOdd ? 3 : 2; k <= freedom; k += 2) {
    sum += term;
    term *= (cosine * cosine * (k - 1)) / k;
  }
  const sine = Math.sin(angle);
  return isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}
