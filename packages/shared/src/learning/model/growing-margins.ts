import type { SharedMatrix } from "./training-matrix";
import type { Tree } from "./tree-ensemble";
import { leafOf } from "./tree-scorer";

/**
 * The margins of some rows under a growing ensemble: float32 sums in the order of the trees, as XGBoost keeps them,
 * so that an iteration costs one tree per class and row, not all of them.
 */
export class GrowingMargins {
  /** Margin of each row and class: nRows x nGroups, row by row. */
  readonly values: Float32Array;
  readonly #matrix: SharedMatrix;
  readonly #rows: Uint32Array;
  readonly #nGroups: number;
  readonly #dense: Float32Array;

  /** @param rows rows of the matrix to keep margins of */
  constructor(matrix: SharedMatrix, nGroups: number, rows: Uint32Array) {
    this.#matrix = matrix;
    this.#rows = rows;
    this.#nGroups = nGroups;
    this.values = new Float32Array(rows.length * nGroups);
    this.#dense = new Float32Array(matrix.nColumns).fill(Number.NaN);
  }

  /** Adds the trees of one iteration. O(rows x (stored values per row + trees x depth)). */
  add(trees: readonly Tree[]): void {
    const { indptr, indices, values } = this.#matrix;
    const dense = this.#dense;
    for (let i = 0; i < this.#rows.length; i++) {
      const row = this.#rows[i]!;
      const end = indptr[row + 1]!;
      const first = i * this.#nGroups;
      for (let j = indptr[row]!; j < end; j++) dense[indices[j]!] = values[j]!;
      for (const tree of trees) this.values[first + tree.group]! += tree.value[leafOf(tree, dense)]!;
      for (let j = indptr[row]!; j < end; j++) dense[indices[j]!] = Number.NaN;
    }
  }
}

/** At most `maxRows` of `nRows` rows, evenly spaced. */
export function evenlySpaced(nRows: number, maxRows: number): Uint32Array {
  const n = Math.min(nRows, maxRows);
  return Uint32Array.from({ length: n }, (_, i) => Math.floor((i * nRows) / n));
}
