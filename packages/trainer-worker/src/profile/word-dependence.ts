/**
 * How much more the vocabulary's PSI varies than if each word came and went by itself: words that share texts rise
 * and fall together. PSI is about a sum of squares z_w^2 of weights a_w = 1 - share_w, so its variance is
 * 2 * sum over (w, v) of a_w a_v r_wv^2, r being the correlation of two words over the rows; this is that sum over
 * the one with r_wv = 0 for different words. What chance adds to each r^2 (1 / rows) is taken off. At least 1.
 *
 * @param termsOf terms of a row, each once
 * @param kept the terms that are profiled
 */
export function wordVarianceFactor(
  termsOf: (row: number) => ArrayLike<number>,
  rows: number,
  nTerms: number,
  kept: readonly number[],
): number {
  const together = countTogether(termsOf, rows, nTerms, kept);
  const k = kept.length;
  const share = (word: number) => together[word * k + word]! / rows;
  const varying = Array.from(kept.keys()).filter((word) => share(word) > 0 && share(word) < 1);
  let all = 0;
  let alone = 0;
  for (const w of varying) {
    const [p, weight] = [share(w), 1 - share(w)];
    alone += weight * weight;
    for (const v of varying) {
      const q = share(v);
      const covariance = together[w * k + v]! / rows - p * q;
      const squared = covariance ** 2 / (p * (1 - p) * q * (1 - q));
      all += weight * (1 - q) * (w === v ? 1 : squared - 1 / rows);
    }
  }
  return alone === 0 ? 1 : Math.max(1, all / alone);
}

/** Rows that hold both words of each pair: nKept x nKept. */
function countTogether(
  termsOf: (row: number) => ArrayLike<number>,
  rows: number,
  nTerms: number,
  kept: readonly number[],
): Uint32Array {
  const k = kept.length;
  const column = new Int32Array(nTerms).fill(-1);
  for (const [at, term] of kept.entries()) column[term] = at;
  const together = new Uint32Array(k * k);
  const held = new Int32Array(k);
  for (let row = 0; row < rows; row++) {
    const terms = termsOf(row);
    let count = 0;
    for (let i = 0; i < terms.length; i++) {
      const at = column[terms[i]!]!;
      if (at >= 0) held[count++] = at;
    }
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) together[held[i]! * k + held[j]!]!++;
    }
  }
  return together;
}
