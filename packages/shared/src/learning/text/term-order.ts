import type { TermTable } from "./term-table";

/** Terms up to this number are compared with each other. */
const FEW = 8;
/** Terms that agree in more bytes than this are compared with each other. */
const DEEPEST = 16;
/** With this many terms, and four bytes of each, a key is still a whole number that a float64 holds exactly. */
const MOST_WITH_FOUR_BYTES = 1 << 21;

/**
 * Sorts ids of terms in place, by code points. By far most of the time of a plain sort goes into fetching two terms per
 * comparison; here the next bytes of a term and its position are one number, and numbers are sorted natively.
 *
 * @param depth bytes in which all these terms agree
 */
export function sortTerms(table: TermTable, ids: Uint32Array, depth = 0): Uint32Array {
  const n = ids.length;
  if (n <= FEW || depth >= DEEPEST) return ids.sort((a, b) => table.compare(a, b));
  const width = n <= MOST_WITH_FOUR_BYTES ? 4 : 3;
  const keys = new Float64Array(n);
  for (let i = 0; i < n; i++) keys[i] = table.prefixOf(ids[i]!, depth, width) * n + i;
  keys.sort();
  const unsorted = ids.slice();
  let from = 0;
  let before = -1;
  for (let at = 0; at < n; at++) {
    const key = keys[at]!;
    const position = key % n;
    const prefix = (key - position) / n;
    ids[at] = unsorted[position]!;
    if (prefix === before) continue;
    if (at - from > 1) sortTerms(table, ids.subarray(from, at), depth + width);
    from = at;
    before = prefix;
  }
  if (n - from > 1) sortTerms(table, ids.subarray(from, n), depth + width);
  return ids;
}
