import { ColaError } from "../../errors/cola-error";
import { allocate, replaceVector } from "./heap-memory";
import type { XgboostModule } from "./xgboost-module";
import { XgboostTrainer } from "./xgboost-trainer";

/*
 * A linear model is fitted column by column. XGBoost makes the columns of a matrix from its rows and then keeps both,
 * though the rows serve for nothing any more but the margins before each round. So we fill the columns ourselves, let
 * XGBoost make those of nearly empty rows and put ours in their place, and compute the margins from the columns: in the
 * order of the columns, which is the order in which XGBoost sums a row. The models are the same to the last byte (the
 * fixtures of test/learning/model hold them), at less than half of the memory.
 */

/** Offsets, in bytes, in XGBoost's SimpleDMatrix: its pages of columns (a vector of addresses), and its number of rows. */
const MATRIX = { pages: 40, nRows: 72 } as const;
/** Offsets, in bytes, in a page: two vectors. */
const PAGE = { offsets: 4, entries: 16 } as const;
/** A value no data has: finding it proves the offsets. */
const PROOF_VALUE = 0.8125;
const BYTES_PER_ENTRY = 8;

/** Rows to be added: those of a CSR matrix, one behind the other. */
export interface AddedRows {
  /** Values of each row. */
  lengths: Uint32Array;
  /** Rows that `lengths` holds. */
  nRows: number;
  indices: Uint32Array;
  values: Float32Array;
}

/** The columns of a training matrix in the heap of the wasm module: 8 bytes per value. */
export class XgboostColumns {
  readonly nRows: number;
  readonly nColumns: number;
  readonly #module: XgboostModule;
  /** Column c has its entries from offset c to offset c + 1. */
  readonly #offsets: Uint32Array;
  /** Where the next entry of each column goes. */
  readonly #next: Uint32Array;
  readonly #entriesAt: number;
  #added = 0;

  /**
   * @param columnCounts values that each column will hold
   * @throws ColaError TRAINING_FAILED if the heap is full
   */
  constructor(module: XgboostModule, nRows: number, columnCounts: ArrayLike<number>) {
    this.#module = module;
    this.nRows = nRows;
    this.nColumns = columnCounts.length;
    this.#offsets = new Uint32Array(this.nColumns + 1);
    for (let c = 0; c < this.nColumns; c++) this.#offsets[c + 1] = this.#offsets[c]! + columnCounts[c]!;
    this.#next = this.#offsets.slice(0, this.nColumns);
    this.#entriesAt = allocate(module, this.#offsets[this.nColumns]! * BYTES_PER_ENTRY);
  }

  /**
   * Adds rows behind those that are there. O(stored).
   * @throws ColaError INTERNAL if the columns of a row do not rise, hold more than was said, or a value is not finite
   */
  add({ lengths, nRows, indices, values }: AddedRows): void {
    const { HEAPU32, HEAPF32 } = this.#module;
    const [offsets, next] = [this.#offsets, this.#next];
    const base = this.#entriesAt >>> 2;
    let from = 0;
    for (let i = 0; i < nRows; i++) {
      const row = this.#added++;
      const end = from + lengths[i]!;
      let previous = -1;
      for (; from < end; from++) {
        const column = indices[from]!;
        const value = values[from]!;
        if (column <= previous || column >= this.nColumns) throw corrupt(row, column, "is out of order");
        if (!Number.isFinite(value)) throw corrupt(row, column, "is not a finite number");
        const at = next[column]!++;
        if (at >= offsets[column + 1]!) throw corrupt(row, column, "holds more values than were counted");
        HEAPU32[base + 2 * at] = row;
        HEAPF32[base + 2 * at + 1] = value;
        previous = column;
      }
    }
  }

  /**
   * A trainer of the added rows, to make siblings of: its rows hold nothing, its columns hold what was added.
   *
   * @param weights weight of each row; absent is 1 for each
   * @throws ColaError INTERNAL if rows are missing; TRAINING_FAILED if the module is not the one we know
   */
  attach(weights?: Float32Array): XgboostTrainer {
    if (this.#added !== this.nRows || this.#next.some((at, c) => at !== this.#offsets[c + 1]))
      throw new ColaError("INTERNAL", `${this.#added} of ${this.nRows} rows were added`, {
        retryable: false,
      });
    const trainer = new XgboostTrainer(this.#module, this.#oneValue(), new Float32Array(this.nRows), weights);
    const first = trainer.sibling();
    first.setParameter("booster", "gblinear");
    first.setParameter("updater", "coord_descent");
    first.setParameter("silent", "1");
    first.step();
    first.free();
    const page = this.#provedPage(trainer);
    trainer.clearValues();
    const offsetsAt = allocate(this.#module, this.#offsets.length * 4);
    this.#module.HEAPU32.set(this.#offsets, offsetsAt >>> 2);
    replaceVector(this.#module, page + PAGE.offsets, offsetsAt, this.#offsets.length * 4);
    const bytes = this.#offsets[this.nColumns]! * BYTES_PER_ENTRY;
    replaceVector(this.#module, page + PAGE.entries, this.#entriesAt, bytes);
    return trainer;
  }

  /**
   * The margin of every row under a linear model, as XGBoost sums it: the bias, then weight times value in the order
   * of the columns, each product and each sum rounded to float32. O(stored).
   */
  margins(weights: Float32Array, bias: number, out: Float32Array): void {
    const { HEAPU32, HEAPF32 } = this.#module;
    const base = this.#entriesAt >>> 2;
    const offsets = this.#offsets;
    out.fill(bias);
    for (let column = 0; column < this.nColumns; column++) {
      const weight = weights[column]!;
      if (weight === 0) continue;
      const end = base + 2 * offsets[column + 1]!;
      for (let at = base + 2 * offsets[column]!; at < end; at += 2)
        out[HEAPU32[at]!]! += Math.fround(HEAPF32[at + 1]! * weight);
    }
  }

  /** The rows that XGBoost is to make columns of: one value in all. */
  #oneValue() {
    const indptr = new Uint32Array(this.nRows + 1).fill(1);
    indptr[0] = 0;
    return {
      nRows: this.nRows,
      nColumns: this.nColumns,
      indptr,
      indices: new Uint32Array(1),
      values: Float32Array.of(PROOF_VALUE),
    };
  }

  /** Address of the page of columns, proved by the one value that is in it. */
  #provedPage(trainer: XgboostTrainer): number {
    const { HEAPU32, HEAPF32 } = this.#module;
    const read = (address: number) => HEAPU32[address >>> 2]!;
    const matrix = trainer.matrixAddress;
    const pages = read(matrix + MATRIX.pages);
    const page = read(pages);
    const vector = (at: number) => [read(page + at), read(page + at + 4)] as const;
    const [offsets, offsetsEnd] = vector(PAGE.offsets);
    const [entries, entriesEnd] = vector(PAGE.entries);
    const known =
      read(matrix + MATRIX.pages + 4) - pages === 4 &&
      read(matrix + MATRIX.nRows) === this.nRows &&
      offsetsEnd - offsets === 4 * (this.nColumns + 1) &&
      read(offsets) === 0 &&
      read(offsets + 4) === 1 &&
      entriesEnd - entries === BYTES_PER_ENTRY &&
      read(entries) === 0 &&
      HEAPF32[(entries + 4) >>> 2] === PROOF_VALUE;
    if (!known)
      throw new ColaError("TRAINING_FAILED", "ml-xgboost is not the pinned version 1.1.2: reinstall");
    return page;
  }
}

function corrupt(row: number, column: number, what: string): ColaError {
  return new ColaError("INTERNAL", `training matrix: row ${row}: column ${column} ${what}`, {
    retryable: false,
  });
}
