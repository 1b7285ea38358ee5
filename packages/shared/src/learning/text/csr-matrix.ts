/** A sparse matrix in compressed rows: row i has its entries from `indptr[i]` to `indptr[i + 1]`. */
export interface CsrMatrix {
  nRows: number;
  nColumns: number;
  indptr: Uint32Array;
  /** Ascending within a row. */
  indices: Uint32Array;
  data: Float32Array;
}

const integers = (length: number) => new Uint32Array(new SharedArrayBuffer(4 * length));
const floats = (length: number) => new Float32Array(new SharedArrayBuffer(4 * length));

/**
 * Collects rows of a CSR matrix; 8 bytes per entry, 4 per row. Entries are rounded to float32, as XGBoost does. They lie on
 * shared memory, so that the training thread takes them without a copy.
 */
export class CsrBuilder {
  nRows = 0;
  readonly #nColumns: number;
  #indptr: Uint32Array;
  #indices: Uint32Array;
  #data: Float32Array;

  /** @param rows expected number of rows, @param entriesPerRow likewise: more is allowed */
  constructor(nColumns: number, rows = 1024, entriesPerRow = 8) {
    this.#nColumns = nColumns;
    this.#indptr = integers(rows + 1);
    this.#indices = integers(Math.max(16, rows * entriesPerRow));
    this.#data = floats(this.#indices.length);
  }

  /** Appends a row: the first `count` of `indices` and `values`. */
  add(indices: ArrayLike<number>, values: ArrayLike<number>, count = indices.length): void {
    const from = this.#indptr[this.nRows]!;
    this.#reserve(from + count);
    for (let i = 0; i < count; i++) {
      this.#indices[from + i] = indices[i]!;
      this.#data[from + i] = values[i]!;
    }
    this.#indptr[++this.nRows] = from + count;
  }

  /** The matrix so far; shares memory with the builder. */
  build(): CsrMatrix {
    const entries = this.#indptr[this.nRows]!;
    return {
      nRows: this.nRows,
      nColumns: this.#nColumns,
      indptr: this.#indptr.subarray(0, this.nRows + 1),
      indices: this.#indices.subarray(0, entries),
      data: this.#data.subarray(0, entries),
    };
  }

  #reserve(entries: number): void {
    if (this.nRows + 2 > this.#indptr.length) {
      const indptr = integers(2 * this.#indptr.length + 1);
      indptr.set(this.#indptr);
      this.#indptr = indptr;
    }
    if (entries <= this.#indices.length) return;
    const capacity = Math.max(entries, Math.ceil(1.5 * this.#indices.length));
    const indices = integers(capacity);
    const data = floats(capacity);
    indices.set(this.#indices);
    data.set(this.#data);
    this.#indices = indices;
    this.#data = data;
  }
}
