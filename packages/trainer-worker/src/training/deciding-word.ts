import type { CsrMatrix } from "@colaml/shared/learning/text/csr-matrix";

/** A word (or phrase) whose presence says nearly all that the model knows. */
export interface DecidingWord {
  term: string;
  /** Accuracy on the test rows of looking at nothing but whether the word is there. */
  accuracy: number;
  /** Accuracy of the most frequent class, and of the model, on the same rows. */
  majority: number;
  model: number;
}

/** Fewer rows are not evidence of a leak. */
const LEAST_ROWS = 50;
/** The word makes up for this share of the errors of the most frequent class ... */
const LEAST_SKILL = 0.9;
/** ... and has this share of the model's lead over it. */
const LEAST_SHARE_OF_LEAD = 0.95;
/** Counts of a pass over the matrix: terms x classes, 32 MB. */
const MOST_CELLS = 4_000_000;

/**
 * The word that decides everything, if there is one. Real words carry a part of what a label means; one that carries
 * all of it (a status that was written into the text, a template of one class) is a leak of the label, and a model
 * that learned it fails when it is missing. For each word the rule "present: this class, absent: that class" is
 * scored with the best two classes. O(stored values x passes).
 *
 * @param matrix features of the test rows; a stored value means that the word is there
 * @param modelAccuracy accuracy of the model on them
 */
export function decidingWord(
  matrix: CsrMatrix,
  classOf: ArrayLike<number>,
  nClasses: number,
  terms: readonly string[],
  modelAccuracy: number,
): DecidingWord | undefined {
  const { nRows } = matrix;
  if (nRows < LEAST_ROWS) return undefined;
  const support = new Float64Array(nClasses);
  for (let row = 0; row < nRows; row++) support[classOf[row]!]!++;
  const majority = Math.max(...support) / nRows;
  const best = bestWord(matrix, classOf, support);
  if (best === undefined) return undefined;
  const accuracy = best.hits / nRows;
  const decides =
    accuracy - majority >= LEAST_SKILL * (1 - majority) &&
    accuracy - majority >= LEAST_SHARE_OF_LEAD * (modelAccuracy - majority) &&
    accuracy > majority;
  return decides ? { term: terms[best.column]!, accuracy, majority, model: modelAccuracy } : undefined;
}

/** The column whose presence and absence, each with its best class, are right on most rows. */
function bestWord(
  matrix: CsrMatrix,
  classOf: ArrayLike<number>,
  support: Float64Array,
): { column: number; hits: number } | undefined {
  const nClasses = support.length;
  const columns = Math.max(1, Math.floor(MOST_CELLS / nClasses));
  let best: { column: number; hits: number } | undefined;
  for (let from = 0; from < matrix.nColumns; from += columns) {
    const to = Math.min(matrix.nColumns, from + columns);
    const present = presentRows(matrix, classOf, nClasses, from, to);
    for (let column = from; column < to; column++) {
      let [here, absent] = [0, 0];
      for (let k = 0; k < nClasses; k++) {
        const rows = present[(column - from) * nClasses + k]!;
        here = Math.max(here, rows);
        absent = Math.max(absent, support[k]! - rows);
      }
      if (best === undefined || here + absent > best.hits) best = { column, hits: here + absent };
    }
  }
  return best;
}

/** Rows of each class that hold each of the columns from `from` up to `to`. */
function presentRows(
  { nRows, indptr, indices }: CsrMatrix,
  classOf: ArrayLike<number>,
  nClasses: number,
  from: number,
  to: number,
): Float64Array {
  const present = new Float64Array((to - from) * nClasses);
  for (let row = 0; row < nRows; row++) {
    for (let at = indptr[row]!; at < indptr[row + 1]!; at++) {
      const column = indices[at]!;
      if (column >= from && column < to) present[(column - from) * nClasses + classOf[row]!]!++;
    }
  }
  return present;
}
