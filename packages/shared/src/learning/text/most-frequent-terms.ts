import { sortTerms } from "./term-order";
import type { TermTable } from "./term-table";

/** Terms that were picked, and the smallest count among them. */
export interface FrequentTerms {
  chosen: Uint32Array;
  least: number;
}

/**
 * Of some terms the `limit` with the largest counts, of equal ones the first in order of code points.
 *
 * @param ids more than `limit`
 * @param counts of all terms of the table
 */
export function mostFrequentTerms(
  table: TermTable,
  ids: Uint32Array,
  counts: Uint32Array,
  limit: number,
): FrequentTerms {
  const least = nthLargest(ids, counts, limit);
  const above = ids.filter((id) => counts[id]! > least);
  const tied = ids.filter((id) => counts[id] === least);
  const chosen = new Uint32Array(limit);
  chosen.set(above);
  chosen.set(sortTerms(table, tied).subarray(0, limit - above.length), above.length);
  return { chosen, least };
}

/** The n-th largest count of some terms. O(k log k). */
function nthLargest(ids: Uint32Array, counts: Uint32Array, n: number): number {
  const sorted = new Uint32Array(ids.length);
  for (let i = 0; i < sorted.length; i++) sorted[i] = counts[ids[i]!]!;
  sorted.sort();
  return sorted[sorted.length - n]!;
}
