import { ColaError } from "../../errors/cola-error";
import { allocate, replaceVector } from "./heap-memory";
import type { HeapVectors } from "./heap-vector";
import type { SharedMatrix } from "./training-matrix";
import type { XgboostModule } from "./xgboost-module";

/*
 * The module's only way to make a matrix takes it dense, rows x columns x 4 bytes of a 2 GB heap, and takes no
 * weights. XGBoost itself keeps compressed sparse rows. So we let it make a matrix of one row and put the vectors
 * of the real matrix, allocated by its own malloc, in the place of that row's: the same model to the last byte (a
 * test holds the two ways together) at a tenth of the memory. The offsets are those of the pinned ml-xgboost 1.1.2;
 * `attach` checks every one it can against what it wrote and refuses to train if they do not hold.
 */

/** Offsets, in bytes, from a model to the CSR source of its matrix. */
const MODEL_MATRIX_HANDLE = 4;
const MATRIX_SOURCE = 8;
/** Offsets, in bytes, in XGBoost's SimpleCSRSource; a vector is three addresses: begin, end, end of its memory. */
const SOURCE = {
  nRows: 8,
  nColumns: 16,
  stored: 24,
  labels: 32,
  weights: 68,
  baseMargins: 80,
  indptr: 104,
  entries: 116,
} as const;
/** A label no data has: finding it proves the offsets. */
const PROOF_LABEL = 0.8125;

/** One training in the wasm heap. */
export class XgboostTrainer {
  readonly #module: XgboostModule;
  readonly #model: number;
  readonly #setParameter: (model: number, name: string, value: string) => void;
  readonly #nColumns: number;
  #marginsAt = 0;
  /** Where the labels lie that XGBoost reads at each step. */
  #labelsAt = 0;
  /** The matrix that a sibling was created with and takes back before it is freed. */
  #ownMatrix: number | undefined;

  /**
   * @param labels class of each row: nRows
   * @param weights weight of each row: nRows; absent is 1 for each
   * @throws ColaError TRAINING_FAILED if the heap is full or the module is not the one we know
   */
  constructor(module: XgboostModule, matrix: SharedMatrix, labels: Float32Array, weights?: Float32Array) {
    this.#module = module;
    this.#setParameter = module.cwrap("set_param", null, ["number", "string", "string"]);
    this.#nColumns = matrix.nColumns;
    this.#model = this.#createWithOneRow(matrix.nColumns);
    this.#attach(matrix, labels, weights);
  }

  /**
   * Another model on the same rows, which lie in the heap only once: a model per class, per setting, or per iteration.
   * Labels, weights and margins are shared. Free siblings before the trainer they come from.
   */
  sibling(): XgboostTrainer {
    const none = { indptr: new Uint32Array(2), indices: new Uint32Array(0), values: new Float32Array(0) };
    const oneRow = { nRows: 1, nColumns: this.#nColumns, ...none };
    const other = new XgboostTrainer(this.#module, oneRow, new Float32Array(1));
    other.#ownMatrix = other.#matrix;
    other.#labelsAt = this.#labelsAt;
    other.#matrix = this.#matrix;
    return other;
  }

  /** Replaces the labels of the rows, for this trainer and its siblings: nRows. */
  setLabels(labels: Float32Array): void {
    this.#module.HEAPF32.set(labels, this.#labelsAt >>> 2);
  }

  /** The margin that each row (and class) begins with, before the model's own: nRows x nGroups. */
  setMargins(margins: Float32Array): void {
    const bytes = margins.length * 4;
    if (this.#marginsAt === 0) {
      this.#marginsAt = allocate(this.#module, bytes);
      replaceVector(this.#module, this.#source() + SOURCE.baseMargins, this.#marginsAt, bytes);
    }
    this.#module.HEAPF32.set(margins, this.#marginsAt >>> 2);
  }

  setParameter(name: string, value: string): void {
    this.#setParameter(this.#model, name, value);
  }

  /** Adds one tree (one per class), or one round of a linear model. */
  step(): void {
    this.#module._train_full_model(this.#model, 1);
  }

  /**
   * One iteration on this trainer's rows by a booster of its own that starts from `margins`: the same trees as
   * `step` grows. The booster of `step` keeps a cache of predictions, which it brings up to date by looking at every
   * tree for every class, per tree: time in the square of the classes. This one has no cache of these rows.
   *
   * @param margins margin of each row and class before this iteration: nRows x nGroups
   * @returns the saved model of this one iteration
   */
  stepFrom(margins: Float32Array, parameters: readonly [name: string, value: string][]): Uint8Array {
    this.setMargins(margins);
    const booster = this.sibling();
    for (const [name, value] of parameters) booster.setParameter(name, value);
    booster.step();
    const saved = booster.save();
    booster.free();
    return saved;
  }

  /** The model in XGBoost's binary format. */
  save(): Uint8Array {
    const module = this.#module;
    const bytes = module._save_model(this.#model);
    if (bytes <= 0) throw new ColaError("TRAINING_FAILED", "the trainer could not save its model");
    const address = allocate(this.#module, bytes);
    module._get_file_content(address, bytes);
    const copy = module.HEAPU8.slice(address, address + bytes);
    module._free(address);
    return copy;
  }

  /**
   * Looks in the heap for the vector of floats that the model holds, e.g. its weights.
   *
   * @param content what is in it now
   * @returns reads it as it is at that time, a view of the heap; undefined if it is not found
   */
  locate(content: Float32Array, vectors: HeapVectors): (() => Float32Array) | undefined {
    const address = vectors.find(this.#model, content);
    if (address === undefined) return undefined;
    const at = address >>> 2;
    // The heap's views are replaced when it grows.
    return () => this.#module.HEAPF32.subarray(at, at + content.length);
  }

  /** The prediction of XGBoost itself for one dense row, -1 if absent: nGroups numbers. For tests. */
  predict(row: ArrayLike<number>, nGroups: number): Float32Array {
    const module = this.#module;
    const input = allocate(this.#module, row.length * 4);
    const output = allocate(this.#module, nGroups * 4);
    module.HEAPF32.set(row, input >>> 2);
    module._predict_one(this.#model, input, row.length, output);
    const result = module.HEAPF32.slice(output >>> 2, (output >>> 2) + nGroups);
    module._free(input);
    module._free(output);
    return result;
  }

  free(): void {
    // Its own one row is freed with a sibling; the rows must not be.
    if (this.#ownMatrix !== undefined) this.#matrix = this.#ownMatrix;
    this.#module._free_memory_model(this.#model);
  }

  /** Address of XGBoost's object for the rows. */
  get matrixAddress(): number {
    return this.#module.HEAPU32[this.#matrix >>> 2]!;
  }

  /** Sets every value of the rows to zero: rows then say nothing, but are there. */
  clearValues(): void {
    const { HEAPU32, HEAPF32 } = this.#module;
    const entries = (this.#source() + SOURCE.entries) >>> 2;
    const end = HEAPU32[entries + 1]! >>> 2;
    for (let at = HEAPU32[entries]! >>> 2; at < end; at += 2) HEAPF32[at + 1] = 0;
  }

  /** XGBoost's handle of the matrix that the model trains on. */
  get #matrix(): number {
    return this.#module.HEAPU32[this.#matrixAt]!;
  }

  set #matrix(handle: number) {
    this.#module.HEAPU32[this.#matrixAt] = handle;
  }

  get #matrixAt(): number {
    return this.#module.HEAPU32[(this.#model + MODEL_MATRIX_HANDLE) >>> 2]! >>> 2;
  }

  #createWithOneRow(nColumns: number): number {
    const module = this.#module;
    const row = allocate(this.#module, nColumns * 4);
    const label = allocate(this.#module, 4);
    module.HEAPF32.fill(-1, row >>> 2, (row >>> 2) + nColumns);
    module.HEAPF32[label >>> 2] = PROOF_LABEL;
    const model = module._create_model(row, label, 1, nColumns) >>> 0;
    module._free(row);
    module._free(label);
    return model;
  }

  /** Address of the CSR source. */
  #source(): number {
    const read = (address: number) => this.#module.HEAPU32[address >>> 2]!;
    return read(read(this.#matrix) + MATRIX_SOURCE);
  }

  /** Address of the CSR source, proved by the numbers of the one row that was put there. */
  #provedSource(): number {
    const read = (address: number) => this.#module.HEAPU32[address >>> 2]!;
    const source = this.#source();
    const known =
      read(source + SOURCE.nRows) === 1 &&
      read(source + SOURCE.nColumns) === this.#nColumns &&
      read(source + SOURCE.stored) === 0 &&
      this.#module.HEAPF32[read(source + SOURCE.labels) >>> 2] === PROOF_LABEL &&
      read(source + SOURCE.weights) === 0 &&
      read(source + SOURCE.baseMargins) === 0 &&
      read(source + SOURCE.indptr + 4) - read(source + SOURCE.indptr) === 8;
    if (!known)
      throw new ColaError("TRAINING_FAILED", "ml-xgboost is not the pinned version 1.1.2: reinstall");
    return source;
  }

  #attach(matrix: SharedMatrix, labels: Float32Array, weights: Float32Array | undefined): void {
    const module = this.#module;
    const stored = matrix.indptr[matrix.nRows]!;
    const offsets = allocate(this.#module, (matrix.nRows + 1) * 4);
    const entries = allocate(this.#module, stored * 8);
    const labelsAt = allocate(this.#module, matrix.nRows * 4);
    this.#labelsAt = labelsAt;
    const weightsAt = weights === undefined ? 0 : allocate(this.#module, matrix.nRows * 4);
    // Only now: each allocation may have replaced the heap's views.
    module.HEAPU32.set(matrix.indptr, offsets >>> 2);
    module.HEAPF32.set(labels, labelsAt >>> 2);
    if (weights !== undefined) module.HEAPF32.set(weights, weightsAt >>> 2);
    this.#writeEntries(matrix, stored, entries >>> 2);
    const source = this.#provedSource();
    module.HEAPU32[(source + SOURCE.nRows) >>> 2] = matrix.nRows;
    module.HEAPU32[(source + SOURCE.stored) >>> 2] = stored;
    replaceVector(this.#module, source + SOURCE.indptr, offsets, (matrix.nRows + 1) * 4);
    replaceVector(this.#module, source + SOURCE.entries, entries, stored * 8);
    replaceVector(this.#module, source + SOURCE.labels, labelsAt, matrix.nRows * 4);
    if (weights !== undefined)
      replaceVector(this.#module, source + SOURCE.weights, weightsAt, matrix.nRows * 4);
  }

  /** XGBoost's entries: pairs of column (u32) and value (f32). */
  #writeEntries({ indices, values }: SharedMatrix, stored: number, at: number): void {
    const { HEAPU32, HEAPF32 } = this.#module;
    for (let i = 0, word = at; i < stored; i++, word += 2) {
      HEAPU32[word] = indices[i]!;
      HEAPF32[word + 1] = values[i]!;
    }
  }
}
