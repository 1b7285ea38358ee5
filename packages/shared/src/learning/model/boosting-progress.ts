import type { SharedMatrix } from "./training-matrix";
import type { Tree, TreeEnsemble } from "./tree-ensemble";
import { leafOf, marginsToProbabilities } from "./tree-scorer";

/** Mean log loss and share of wrong rows. */
export interface StepMetrics {
  logLoss: number;
  error: number;
}

/** Guard against log(0): float32 rounds what is nearer to 1 than this to 1. */
const LEAST_PROBABILITY = 2 ** -24;

/** One iteration: a tree (one a class) was added. */
export interface BoostIteration {
  /** From 1. */
  number: number;
  of: number;
  /** On at most 100,000 evenly spaced training rows. */
  train: StepMetrics;
  /** On at most 500,000 evenly spaced validation rows; absent where there are none. */
  validation?: StepMetrics;
}

/**
 * The quality of a growing ensemble on some rows: margins are kept, so that an iteration costs one tree a class
 * and row, not all of them.
 */
export class RunningMetrics {
  readonly #matrix: SharedMatrix;
  readonly #labels: Float32Array;
  readonly #rows: Uint32Array;
  readonly #nGroups: number;
  readonly #objective: TreeEnsemble["objective"];
  readonly #margins: Float32Array;
  readonly #dense: Float32Array;
  readonly #probabilities: Float64Array;

  /** @param maxRows evenly spaced rows are taken where there are more */
  constructor(matrix: SharedMatrix, labels: Float32Array, nClasses: number, maxRows: number) {
    this.#matrix = matrix;
    this.#labels = labels;
    const n = Math.min(matrix.nRows, maxRows);
    this.#rows = Uint32Array.from({ length: n }, (_, i) => Math.floor((i * matrix.nRows) / n));
    this.#nGroups = nClasses === 2 ? 1 : nClasses;
    this.#objective = nClasses === 2 ? "binary:logistic" : "multi:softprob";
    this.#margins = new Float32Array(n * this.#nGroups);
    this.#dense = new Float32Array(matrix.nColumns).fill(Number.NaN);
    this.#probabilities = new Float64Array(nClasses);
  }

  /** Adds the trees of one iteration and measures. O(rows x (stored a row + trees x depth)). */
  add(trees: readonly Tree[]): StepMetrics {
    const { indptr, indices, values } = this.#matrix;
    const dense = this.#dense;
    let loss = 0;
    let wrong = 0;
    for (let i = 0; i < this.#rows.length; i++) {
      const row = this.#rows[i]!;
      const end = indptr[row + 1]!;
      for (let j = indptr[row]!; j < end; j++) dense[indices[j]!] = values[j]!;
      const margins = this.#margins.subarray(i * this.#nGroups, (i + 1) * this.#nGroups);
      for (const tree of trees) margins[tree.group]! += tree.value[leafOf(tree, dense)]!;
      for (let j = indptr[row]!; j < end; j++) dense[indices[j]!] = Number.NaN;
      const probabilities = marginsToProbabilities(this.#objective, margins, this.#probabilities);
      const label = this.#labels[row]!;
      loss -= Math.log(Math.max(probabilities[label]!, LEAST_PROBABILITY));
      if (!isHighest(probabilities, label)) wrong++;
    }
    return { logLoss: loss / this.#rows.length, error: wrong / this.#rows.length };
  }
}

/** Whether `label` is what would be predicted: the first of the highest. */
function isHighest(probabilities: Float64Array, label: number): boolean {
  const p = probabilities[label]!;
  for (let k = 0; k < probabilities.length; k++) {
    if (probabilities[k]! > p || (k < label && probabilities[k] === p)) return false;
  }
  return true;
}
