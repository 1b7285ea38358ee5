/**
 * Jensen-Shannon distance: the square root of the divergence, natural logarithm, between 0 and sqrt(ln 2) = 0.83,
 * exactly `scipy.spatial.distance.jensenshannon(p, q)`. Bins in which both are 0 do not count.
 *
 * @param p shares that add up to 1, as do `q`'s
 */
export function jensenShannonDistance(p: ArrayLike<number>, q: ArrayLike<number>): number {
  let divergence = 0;
  for (let i = 0; i < p.length; i++) {
    const middle = (p[i]! + q[i]!) / 2;
    if (p[i]! > 0) divergence += p[i]! * Math.log(p[i]! / middle);
    if (q[i]! > 0) divergence += q[i]! * Math.log(q[i]! / middle);
  }
  // Rounding may leave equal distributions a hair below 0.
  return Math.sqrt(Math.max(0, divergence / 2));
}
