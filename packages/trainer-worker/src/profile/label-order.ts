import type { LabelOrder } from "@colaml/shared/learning/model/reference-profile";

/** Fewer changes than this share of random order's: sorted, and not merely a stream whose neighbours are alike. */
const SORTED_BELOW = 0.2;
/** With fewer changes expected, chance may leave few. */
const LEAST_EXPECTED = 20;

/**
 * How often neighbouring rows differ in their label, against random order: n rows with n_k of class k have on
 * average `(n - 1) (1 - sum n_k (n_k - 1) / (n (n - 1)))` changes (Wald and Wolfowitz 1940, for k classes).
 *
 * @param actual class index of each row, in file order
 */
export function labelOrder(actual: ArrayLike<number>, nClasses: number): LabelOrder {
  const n = actual.length;
  const rows = new Float64Array(nClasses);
  let changes = 0;
  for (let i = 0; i < n; i++) {
    rows[actual[i]!]!++;
    if (i > 0 && actual[i] !== actual[i - 1]) changes++;
  }
  const samePairs = rows.reduce((sum, count) => sum + count * (count - 1), 0);
  const expectedChanges = n < 2 ? 0 : (n - 1) * (1 - samePairs / (n * (n - 1)));
  const sortedByLabel = expectedChanges >= LEAST_EXPECTED && changes < SORTED_BELOW * expectedChanges;
  return { changes, expectedChanges, sortedByLabel };
}

/** The rows of 0 to n - 1 in random order (Fisher and Yates). */
export function shuffledRows(n: number, random: () => number): Uint32Array {
  const rows = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [rows[i], rows[j]] = [rows[j]!, rows[i]!];
  }
  return rows;
}

/** What a person should know of the order of the training's rows, in one line; nothing if it is not by label. */
export function orderNotes(order: LabelOrder | undefined): string[] {
  if (!order?.sortedByLabel) return [];
  const { changes, expectedChanges } = order;
  return [
    `the rows of the file are sorted by label (it changes ${changes} times between neighbouring held-out rows, ${Math.round(expectedChanges)} in random order): how alike rows of one time are cannot be measured, so drift is judged as if rows came in random order; train on rows in the order of time to measure it`,
  ];
}
