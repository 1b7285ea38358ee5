import { ColaError } from "../../errors/cola-error";

/**
 * Compressed sparse rows, nRows x nColumns: row r holds `values[i]` in column `indices[i]` for i from
 * `indptr[r]` up to but without `indptr[r + 1]`; columns rise within a row, and what is not held is absent
 * (XGBoost's "missing"), not zero. Arrays on a SharedArrayBuffer reach the training thread without a copy.
 */
export interface TrainingMatrix {
  nRows: number;
  nColumns: number;
  /** nRows + 1 offsets, from 0. */
  indptr: ArrayLike<number>;
  indices: ArrayLike<number>;
  values: ArrayLike<number>;
}

/** The same matrix in the element types that the training thread copies from. */
export interface SharedMatrix extends TrainingMatrix {
  indptr: Uint32Array;
  indices: Uint32Array;
  values: Float32Array;
}

type SharedArray = Uint32Array | Float32Array;

function onSharedMemory<T extends SharedArray>(
  source: ArrayLike<number>,
  length: number,
  create: (buffer: SharedArrayBuffer) => T,
): T {
  const shared = create(new SharedArrayBuffer(length * 4));
  const exact = source.length === length ? source : Array.prototype.slice.call(source, 0, length);
  shared.set(exact);
  return shared;
}

/** `array` on shared memory: itself when it is there already, else a copy. */
export function sharedFloats(array: ArrayLike<number>): Float32Array {
  const isShared = array instanceof Float32Array && array.buffer instanceof SharedArrayBuffer;
  return isShared ? array : onSharedMemory(array, array.length, (buffer) => new Float32Array(buffer));
}

function sharedIntegers(array: ArrayLike<number>): Uint32Array {
  const isShared = array instanceof Uint32Array && array.buffer instanceof SharedArrayBuffer;
  return isShared ? array : onSharedMemory(array, array.length, (buffer) => new Uint32Array(buffer));
}

/** Puts a matrix on shared memory; arrays that are there in the right type are taken as they are. O(stored). */
export function shareMatrix(matrix: TrainingMatrix): SharedMatrix {
  return {
    nRows: matrix.nRows,
    nColumns: matrix.nColumns,
    indptr: sharedIntegers(matrix.indptr),
    indices: sharedIntegers(matrix.indices),
    values: sharedFloats(matrix.values),
  };
}

/** Values that each column holds: nColumns. O(stored). */
export function columnCounts({ nRows, nColumns, indptr, indices }: TrainingMatrix): Uint32Array {
  const counts = new Uint32Array(nColumns);
  const end = indptr[nRows]!;
  for (let i = 0; i < end; i++) counts[indices[i]!]!++;
  return counts;
}

function corrupt(what: string): ColaError {
  return new ColaError("INTERNAL", `training matrix: ${what}`, { retryable: false });
}

/**
 * Checks what the native trainer would not: lengths, offsets, rising columns, finite values. O(stored).
 * @throws ColaError INTERNAL (a mistake in our own code, never in the user's data)
 */
export function checkMatrix(matrix: TrainingMatrix): void {
  const { nRows, nColumns, indptr, indices, values } = matrix;
  if (indptr.length !== nRows + 1 || indptr[0] !== 0)
    throw corrupt("indptr must hold nRows + 1 offsets from 0");
  const stored = indptr[nRows]!;
  if (indices.length < stored || values.length < stored) throw corrupt("indices or values are too short");
  for (let row = 0; row < nRows; row++) {
    const end = indptr[row + 1]!;
    let previous = -1;
    if (end < indptr[row]! || end > stored) throw corrupt(`row ${row}: offsets must not fall`);
    for (let i = indptr[row]!; i < end; i++) {
      const column = indices[i]!;
      if (column <= previous || column >= nColumns)
        throw corrupt(`row ${row}: column ${column} is out of order`);
      if (!Number.isFinite(values[i])) throw corrupt(`row ${row}: column ${column} is not a finite number`);
      previous = column;
    }
  }
}
