import { seededRandom } from "@colaml/shared/learning/data/seeded-random";

/**
 * A seeded sample without replacement of `size` of n row numbers, ascending: selection sampling (Knuth, TAOCP 2,
 * 3.4.2, algorithm S), every subset equally likely; O(n) time, O(size) memory.
 */
export function sampleRows(n: number, size: number, seed: number): Uint32Array {
  const random = seededRandom(seed);
  const rows = new Uint32Array(Math.min(n, size));
  let taken = 0;
  for (let row = 0; taken < rows.length; row++) {
    if ((n - row) * random() < rows.length - taken) rows[taken++] = row;
  }
  return rows;
}
